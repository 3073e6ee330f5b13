"""Snapshots: what a case rests on, frozen; named by the SHA-256 of its content, and never changed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import RowMapping

from cases.audit import canonical, sha256
from cases.casebook import Change, Look
from cases.caseload import find, within
from cases.escalation.sources import alerts_of
from cases.evidence import capture, custody
from cases.evidence.gathering import gather, with_captured
from cases.roles import Permission
from cases.storage.evidence import snapshots
from graph.errors import CaseError
from graph.store import View


def freeze(
    change: Change,
    case_id: str,
    view: View | None,
    finding_id: str,
    *,
    commands: Sequence[Any] = (),
    layout: Mapping[str, Sequence[float]] | None = None,
) -> str:
    """Freeze a finding's evidence into a case; gives the snapshot's hash.

    What was deleted or edited since the alert is in it as it was captured then; so is everything where the store does
    not have the finding any more.

    Parameters
    ----------
    view : View or None
        The graph, at the commit that is frozen; None for what was captured alone.
    commands : sequence
        The picture's list of commands, ids only.
    layout : mapping of str to (x, y), optional
        Where the picture's nodes stand, in pixels.

    Raises
    ------
    CaseError
        There is no such case or finding, or a place is none.
    NotPermitted
        The actor may not work in cases, or not see the graph.
    """
    for permission in (Permission.WORK, Permission.SEE):
        change.actor.need(permission, f"case {case_id}")
    find(change, case_id)
    alert, content = _content(change, case_id, view, finding_id)
    content |= {"case": case_id, "alert": alert, "commands": list(commands), "layout": _placed(layout or {}, case_id)}
    content |= {"taken_at": change.now.isoformat(timespec="microseconds"), "taken_by": change.actor.name}
    return _keep(change, case_id, alert, content["finding"]["id"], canonical(content))


def _content(change: Change, case_id: str, view: View | None, finding_id: str) -> tuple[str | None, dict[str, Any]]:
    """The case's alert that a finding belongs to, and all that is known of the finding."""
    of_case = alerts_of(change, case_id)
    finding = None if view is None else view.finding(finding_id)
    if view is None or finding is None:
        captured = capture.newest(change, [r["id"] for r in of_case], finding_id)
        if captured is None or captured["finding"]["id"] != finding_id:
            raise CaseError(f"no finding {finding_id!r}", f"case {case_id}", "lockstep findings list")
        return _alert(of_case, captured["finding"]), captured
    content = gather(view, finding)
    alert = _alert(of_case, content["finding"])
    parts = {str(r["id"]) for r in of_case if alert in {r["id"], r["merged_into"]}}
    captured = capture.newest(change, parts, finding.id)
    return alert, content if captured is None else with_captured(content, captured)


def _placed(layout: Mapping[str, Sequence[float]], case_id: str) -> dict[str, list[float]]:
    """Places as JSON can hold them."""
    placed = {name: [round(float(v), 1) for v in place] for name, place in sorted(layout.items())}
    if wrong := sorted(n for n, p in placed.items() if len(p) != 2 or not all(map(math.isfinite, p))):
        raise CaseError(f"these are no places: {', '.join(wrong[:5])}", f"case {case_id}", "give x and y of each node")
    return placed


def read(look: Look, sha: str) -> dict[str, Any]:
    """A snapshot's content, held against its hash.

    Raises
    ------
    CaseError
        There is none, the actor may not know of its case, or it was changed.
    """
    content: dict[str, Any] = orjson.loads(text(look, sha))
    return content


def text(look: Look, sha: str) -> str:
    """A snapshot's content as it is kept, which its name is the hash of.

    Raises
    ------
    CaseError
        There is none, the actor may not know of its case (the two are not told apart), or it was changed.
    """
    content = str(within(look, snapshots, sha)["content"])
    if sha256(content) != sha:
        raise CaseError("it was changed: its hash is another", f"snapshot {sha}", "keep it aside and tell an auditor")
    return content


def verify(change: Change, case_id: str, why: str) -> list[str]:
    """Hold a case's snapshots and its record of custody against their hashes; that it was done is in that record.

    Returns
    -------
    list of str
        What is wrong, in words; nothing where all is as it was written.
    """
    find(change, case_id)
    found = custody.check(change, case_id)
    for row in change.rows(snapshots, snapshots.c.case_id == case_id, order=snapshots.c.id):
        whole = sha256(row["content"]) == row["id"]
        found += [] if whole else [f"snapshot {row['id']} was changed: its hash is another"]
        said = f"{why}: {'as it was frozen' if whole else 'changed'}"
        custody.record(change, case_id, row["id"], custody.Event.VERIFIED, where="the casebook", why=said)
    if not change.entries:
        change.note("verify", "case", case_id, {"why": why, "snapshots": 0})
    return found


def view_of(change: Change, sha: str, why: str) -> dict[str, Any]:
    """Look at a snapshot, which is written into the custody record."""
    content = read(change, sha)
    custody.record(change, content["case"], sha, custody.Event.ACCESSED, where="the casebook", why=why)
    return content


def _alert(of_case: Sequence[RowMapping], finding: Mapping[str, Any]) -> str | None:
    """The case's alert of a finding, else of its ring; of those that are merged, the one that they are merged into."""
    by_finding = [r for r in of_case if r["finding"] == finding["id"]]
    by_ring = [r for r in of_case if (r["detector"], r["lineage"]) == (finding["detector"], finding["lineage_id"])]
    chosen = next(iter(by_finding or by_ring), None)
    return None if chosen is None else str(chosen["merged_into"] or chosen["id"])


def _keep(change: Change, case_id: str, alert: str | None, finding_id: str, content: str) -> str:
    sha = sha256(content)
    if change.rows(snapshots, snapshots.c.id == sha):
        change.note("freeze again", "snapshot", sha, {"case": case_id})
        return sha
    row = {"id": sha, "case_id": case_id, "alert_id": alert, "finding": finding_id, "taken_by": change.actor.name}
    change.connection.execute(snapshots.insert().values({**row, "content": content, "at": change.now}))
    change.note("freeze", "snapshot", sha, {**row, "bytes": len(content.encode())})
    custody.record(change, case_id, sha, custody.Event.COLLECTED, where="the graph store", why="evidence of the case")
    return sha
