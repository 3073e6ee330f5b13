"""Roles, permissions, and the one table that says which role has which; what stands nowhere in it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person is to the platform; a person may be several."""

    ANALYST = "analyst"
    REVIEWER = "reviewer"
    VENDOR = "vendor"
    LEAD = "lead"
    POLICY = "policy"
    LEGAL = "legal"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that may be done."""

    SEE = "see"  # findings, evidence, graph, profiles
    CHECK = "check"  # hold a pasted list against the findings
    TRIAGE = "triage"  # decide on findings, many at a time
    QUERY = "query"  # SQL over the projections
    EXPORT = "export"  # take data out
    JOBS = "jobs"  # runs, detectors' health, loads, quarantine


TABLE: Mapping[Permission, frozenset[Role]] = {
    Permission.SEE: frozenset({Role.ANALYST, Role.REVIEWER, Role.LEAD, Role.POLICY, Role.LEGAL, Role.ADMIN}),
    Permission.CHECK: frozenset({Role.ANALYST, Role.REVIEWER, Role.LEAD}),
    Permission.TRIAGE: frozenset({Role.ANALYST, Role.LEAD}),
    Permission.QUERY: frozenset({Role.ANALYST, Role.LEAD}),
    Permission.EXPORT: frozenset({Role.ANALYST, Role.LEAD, Role.LEGAL}),
    Permission.JOBS: frozenset({Role.ANALYST, Role.LEAD, Role.AUDITOR, Role.ADMIN}),
}


def permitted(roles: Iterable[Role]) -> frozenset[Permission]:
    """What people of these roles may do, all roles together."""
    held = frozenset(roles)
    return frozenset(permission for permission, given in TABLE.items() if held & given)
