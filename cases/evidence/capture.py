"""Content captured when its alert is made, because abusers delete; it expires with a dismissal, unless it is held."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import RowMapping, Select, and_, case, func, or_, select

from cases.audit import canonical, sha256
from cases.casebook import Change, Look
from cases.evidence.gathering import gather
from cases.lifecycles import AlertState
from cases.roles import Permission
from cases.storage.evidence import captures
from cases.storage.schema import alerts
from graph.errors import CaseError
from graph.findings import Finding
from graph.store import View

KEPT = timedelta(days=30)  # after a dismissal, unless configured otherwise


def capture(change: Change, alert_id: str, view: View, finding: Finding) -> str:
    """Keep what an alert's finding rests on, as it is now; gives its hash. The same content is kept once."""
    content = canonical(gather(view, finding))
    sha = sha256(content)
    if not change.rows(captures, captures.c.alert_id == alert_id, captures.c.hash == sha):
        row: dict[str, Any] = {"alert_id": alert_id, "finding": finding.id, "hash": sha, "held": False}
        kept = change.add("capture", captures, {**row, "at": change.now, "content": None})
        # the trail keeps the hash, not the content: it must be possible to remove that
        change.connection.execute(captures.update().where(captures.c.id == kept).values(content=content))
    else:
        change.note("capture again", "alert", alert_id, {"hash": sha})
    return sha


def newest(look: Look, alert_ids: Collection[str], finding: str = "") -> dict[str, Any] | None:
    """What was captured last of alerts, of this very finding first; None where nothing was, or it has expired."""
    there = and_(captures.c.alert_id.in_(alert_ids), captures.c.content.is_not(None))
    if finding:
        there = or_(there, and_(captures.c.finding == finding, captures.c.content.is_not(None)))
    own = case((captures.c.finding == finding, 0), else_=1)
    query = select(captures).where(there).order_by(own, captures.c.at.desc(), captures.c.id).limit(1)
    row = look.connection.execute(query).mappings().first()
    return None if row is None else checked(row)


def checked(row: RowMapping) -> dict[str, Any]:
    """A row's content, held against its hash.

    Raises
    ------
    CaseError
        It was changed.
    """
    if sha256(row["content"]) != row["hash"]:
        raise CaseError("captured content was changed: its hash is another", f"capture {row['id']}", "keep both aside")
    content: dict[str, Any] = orjson.loads(row["content"])
    return content


def hold(change: Change, alert_id: str, why: str) -> int:
    """Keep an alert's content whatever becomes of the alert; gives how many captures are held now.

    Raises
    ------
    CaseError
        No reason is written, or there is nothing to hold.
    NotPermitted
        The actor does not work with what the detectors found.
    """
    change.actor.need(Permission.SEE, f"alert {alert_id}")
    change.actor.need(Permission.WORK, f"alert {alert_id}")
    return _set_held(change, alert_id, why, held=True)


def release(change: Change, alert_id: str, why: str) -> int:
    """End a hold, which those may who say who knows of a case; gives how many captures were released."""
    change.actor.need(Permission.GRANT, f"alert {alert_id}")
    return _set_held(change, alert_id, why, held=False)


def expire(change: Change, kept: timedelta = KEPT) -> list[str]:
    """Date what belongs to dismissed alerts, and remove the content whose time has come; gives the ids removed.

    An alert that is merged goes with the one that it is merged into. A return of the alert takes the date away again.
    The row, its hash and the fact of its removal stay. A case of the market track keeps nothing of its alerts
    from going, or what did not go would tell of it: its own snapshots stay.
    """
    removed = []
    for row in change.connection.execute(_waiting()).mappings().all():
        dismissed = row["whole_state"] == AlertState.DISMISSED
        if dismissed and row["expires_at"] is None:
            change.alter("expire", captures, row, {"expires_at": change.now + kept})
        elif not dismissed and row["expires_at"] is not None:
            change.alter("keep", captures, row, {"expires_at": None})
        elif row["expires_at"] <= change.now:
            _remove(change, row)
            removed.append(str(row["id"]))
    if not removed:
        change.note("expire", "capture", "", {"removed": 0})
    return removed


def _waiting() -> Select[Any]:
    """What may expire: captures, and the state of the alert that each goes with."""
    whole = alerts.alias("whole")
    known = [c for c in captures.c if c.name != "content"]  # megabytes, read for nothing at every sweep
    told = select(*known, whole.c.state.label("whole_state"))
    joined = told.join(alerts, alerts.c.id == captures.c.alert_id)
    joined = joined.join(whole, whole.c.id == func.coalesce(alerts.c.merged_into, alerts.c.id))
    waiting = and_(captures.c.content.is_not(None), captures.c.held.is_(False))
    return joined.where(
        waiting, or_(captures.c.expires_at.is_not(None), whole.c.state == AlertState.DISMISSED)
    ).order_by(captures.c.id)


def _remove(change: Change, row: RowMapping) -> None:
    change.connection.execute(captures.update().where(captures.c.id == row["id"]).values(content=None))
    change.alter("remove", captures, row, {"removed_at": change.now}, "its alert was dismissed")


def _set_held(change: Change, alert_id: str, why: str, *, held: bool) -> int:
    if not why.strip():
        raise CaseError("a hold needs a reason", f"alert {alert_id}", "write why, in a sentence")
    rows = change.rows(captures, captures.c.alert_id == alert_id, captures.c.content.is_not(None))
    if not rows:
        raise CaseError("nothing of it is kept", f"alert {alert_id}")
    for row in rows:
        change.alter("hold" if held else "release", captures, row, {"held": held}, why)
    return len(rows)
