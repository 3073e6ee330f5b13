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
    TRIAGE = "triage"  # decide on findings and alerts, many at a time
    QUERY = "query"  # SQL over the projections
    EXPORT = "export"  # take data out
    JOBS = "jobs"  # runs, detectors' health, loads, quarantine
    CASES = "cases"  # read the cases one may know of
    WORK = "work"  # open, claim and investigate a case, write in it
    PROPOSE = "propose"  # propose a decision, or make one that needs no second person
    APPROVE = "approve"  # be that second person
    ENFORCE = "enforce"  # release what a decision says
    CONTAIN = "contain"  # limit reach or block a link in an emergency, before a decision
    APPEALS = "appeals"  # receive and review appeals
    REFER = "refer"  # say what becomes of a suspicion of market abuse
    GRANT = "grant"  # say who may know of a case
    AUDIT = "audit"  # read and verify the audit trail
    PEOPLE = "register"  # register people and services for the command line


_INSIDE = {Role.ANALYST, Role.REVIEWER, Role.LEAD, Role.POLICY, Role.LEGAL}
TABLE: Mapping[Permission, frozenset[Role]] = {
    Permission.SEE: frozenset({*_INSIDE, Role.ADMIN}),
    Permission.CHECK: frozenset({Role.ANALYST, Role.REVIEWER, Role.LEAD}),
    Permission.TRIAGE: frozenset({Role.ANALYST, Role.LEAD}),
    Permission.QUERY: frozenset({Role.ANALYST, Role.LEAD}),
    Permission.EXPORT: frozenset({Role.ANALYST, Role.LEAD, Role.LEGAL}),
    Permission.JOBS: frozenset({Role.ANALYST, Role.LEAD, Role.AUDITOR, Role.ADMIN}),
    Permission.CASES: frozenset({*_INSIDE, Role.VENDOR, Role.AUDITOR}),
    Permission.WORK: frozenset({Role.ANALYST, Role.REVIEWER, Role.VENDOR, Role.LEAD, Role.LEGAL}),
    Permission.PROPOSE: frozenset({Role.ANALYST, Role.REVIEWER, Role.LEAD}),
    Permission.APPROVE: frozenset({Role.LEAD, Role.POLICY}),
    Permission.ENFORCE: frozenset({Role.ANALYST, Role.LEAD}),
    Permission.CONTAIN: frozenset({Role.LEAD}),
    Permission.APPEALS: frozenset({Role.REVIEWER, Role.LEAD, Role.POLICY}),
    Permission.REFER: frozenset({Role.LEAD, Role.LEGAL}),
    Permission.GRANT: frozenset({Role.LEAD, Role.LEGAL}),
    Permission.AUDIT: frozenset({Role.AUDITOR, Role.ADMIN}),
    Permission.PEOPLE: frozenset({Role.ADMIN}),
}


def permitted(roles: Iterable[Role]) -> frozenset[Permission]:
    """What people of these roles may do, all roles together."""
    held = frozenset(roles)
    return frozenset(permission for permission, given in TABLE.items() if held & given)
