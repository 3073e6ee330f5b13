"""Cases as they are read, made by hand: for tests of what is made from one."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, cast

from cases.casefile import CaseFile
from cases.drafts import Draft
from cases.exports.base import Material
from tests.casework import ANNA, START

DECIDED = datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
CASE = {
    "id": "case22222222",
    "title": "copied posts about $XYZ",
    "state": "decided",
    "severity": "S2",
    "track": "platform",
    "restricted": False,
    "tlp": "AMBER",
    "outcome": "violation_confirmed",
    "assignee": "anna",
    "version": 4,
}


def casefile(draft: Draft | None, **changed: Any) -> CaseFile:
    """A case with one decision, which says this, and its actions; all else empty unless it is given."""
    acts = [] if draft is None else [(n, a) for n, a in enumerate(draft.actions)]
    rows = [
        {"id": f"act{n:09d}", "decision_id": "dec22222222", "subject": a.subject, "kind": a.measure, "state": "sent"}
        for n, a in acts
    ]
    decision = None if draft is None else _decision(draft)
    made: dict[str, Any] = {f.name: () for f in fields(CaseFile)}
    made |= {"case": CASE, "decision": decision, "draft": draft, "actions": tuple(rows)}
    made |= {"decisions": () if decision is None else (decision,)}
    accounts = sorted(set() if draft is None else draft.accounts)
    made |= {"subjects": tuple({"account": a, "role": "core", "own_evidence": True} for a in accounts)}
    return CaseFile(**{**made, **changed})


def material(draft: Draft | None, answers: dict[str, str] | None = None, **changed: Any) -> Material:
    """What an export of such a case is made from."""
    snapshots = cast("dict[str, dict[str, Any]]", changed.pop("content", {}))
    return Material(casefile(draft, **changed), snapshots, answers or {}, START, ANNA)


def _decision(draft: Draft) -> dict[str, Any]:
    return {
        "id": "dec22222222",
        "content": draft.content(),
        "outcome": draft.outcome,
        "severity": draft.severity,
        "decided_by": "anna",
        "approved_by": None,
        "supersedes": None,
        "at": DECIDED,
    }
