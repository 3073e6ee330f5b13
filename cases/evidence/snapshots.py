"""Snapshots: what a case rests on, frozen; named by the SHA-256 of its content, and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import RowMapping, select

from cases.audit import canonical, sha256
from cases.casebook import Change, Look
from cases.caseload import find
from cases.evidence import capture, custody
from cases.evidence.gathering import gather, with_captured
from cases.roles import Permission
from cases.storage.evidence import snapshots
from cases.storage.schema import alerts
from graph.errors import CaseError
from graph.store import View


def freeze(
    change: Change,
    case_id: str,
    view: View,
    finding_id: str,
    *,
    commands: Sequence[Any] = (),
    layout: Mapping[str, Sequence[float]] | None = None,
) -> str:
    """Freeze a finding's evidence into a case; gives the snapshot's hash.

    Posts that were deleted or edited since the alert are in it as they were captured then.

    Parameters
    ----------
    view : View
        The graph, at the commit that is frozen.
    commands : sequence
        The picture's list of commands, ids only.
    layout : mapping of str to (x, y), optional
        Where the picture's nodes stand, in pixels.

    Raises
    ------
    CaseError
        There is no such case or finding.
    """
    change.actor.need(Permission.WORK, f"case {case_id}")
    find(change, case_id)
    finding = view.finding(finding_id)
    if finding is None:
        raise CaseError(f"no finding {finding_id!r}", f"case {case_id}", "lockstep findings list")
    content = gather(view, finding)
    alert = _alert(change, case_id, finding.id, finding.lineage_id)
    if alert is not None and (captured := capture.newest(change, alert)) is not None:
        content = with_captured(content, captured)
    content |= {"case": case_id, "alert": alert, "commands": list(commands)}
    content |= {"layout": {k: [round(float(v), 1) for v in p] for k, p in sorted((layout or {}).items())}}
    content |= {"taken_at": change.now.isoformat(timespec="microseconds"), "taken_by": change.actor.name}
    return _keep(change, case_id, alert, finding.id, canonical(content))


def read(look: Look, sha: str) -> dict[str, Any]:
    """A snapshot's content, held against its hash.

    Raises
    ------
    CaseError
        There is none, the actor may not know of its case, or it was changed.
    """
    row = row_of(look, sha)
    if sha256(row["content"]) != sha:
        raise CaseError("it was changed: its hash is another", f"snapshot {sha}", "keep it aside and tell an auditor")
    content: dict[str, Any] = orjson.loads(row["content"])
    return content


def row_of(look: Look, sha: str) -> RowMapping:
    """A snapshot's row, of a case that the actor may know of.

    Raises
    ------
    CaseError
        There is none.
    """
    row = look.connection.execute(select(snapshots).where(snapshots.c.id == sha)).mappings().first()
    if row is None:
        raise CaseError(f"no snapshot {sha!r}", hint="check the hash")
    find(look, row["case_id"])
    return row


def view_of(change: Change, sha: str, why: str) -> dict[str, Any]:
    """Look at a snapshot, which is written into the custody record."""
    content = read(change, sha)
    custody.record(change, content["case"], sha, custody.Event.ACCESSED, where="the casebook", why=why)
    return content


def _alert(change: Change, case_id: str, finding_id: str, lineage: str) -> str | None:
    """The case's alert of a finding, else of its ring."""
    rows = change.rows(alerts, alerts.c.case_id == case_id, alerts.c.lineage == lineage, order=alerts.c.id)
    rows += change.rows(alerts, alerts.c.case_id == case_id, alerts.c.finding == finding_id, order=alerts.c.id)
    return str(rows[0]["id"]) if rows else None


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
