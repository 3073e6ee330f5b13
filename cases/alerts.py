"""Alerts in the casebook: one for a ring however often it is seen; worked, merged, put off, dismissed, made a case."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, bindparam, func, select

from cases.casebook import Change, Look
from cases.escalation import sources
from cases.lifecycles import ALERT, AlertState
from cases.roles import Permission
from cases.storage.columns import beyond
from cases.storage.schema import alerts, raised
from detectors.alerting.alert import Alert
from graph.errors import CaseError, IllegalTransition

WAITING = frozenset({AlertState.NEW, AlertState.TRIAGED})
_ORDER = (alerts.c.rank, alerts.c.raised_at, alerts.c.id)
RISE = 0.1  # by how much the score of a dismissed ring must rise to bring it back


def take(change: Change, alert: Alert, *, rise: float = RISE) -> str:
    """Take in what a detector told; gives the id of the casebook's alert.

    The same alert twice changes nothing. One of a ring that has an alert updates that one: an open one is told anew, a
    merged or promoted one too (its case sees the growth), a dismissed one returns where the score rose by ``rise`` or
    the ring grew.

    Parameters
    ----------
    alert : Alert
        As :mod:`detectors.alerting` raises it.
    rise : float
        In [0, 1].
    """
    connection = change.connection
    before = connection.execute(select(raised.c.alert_id).where(raised.c.id == alert.id)).scalar()
    if before is not None:
        change.note("seen again", "alert", before, {"raised": alert.id})
        return str(before)
    same = and_(alerts.c.detector == alert.detector, alerts.c.lineage == alert.lineage)
    row = connection.execute(select(alerts).where(same)).mappings().first()
    if row is None:
        key = change.add("raise", alerts, {**_told(alert), "state": AlertState.NEW, "seen": 1, **_times(change, alert)})
    else:
        key = str(row["id"])
        change.alter("update", alerts, row, {**_told(alert), "seen": row["seen"] + 1})
        if row["state"] == AlertState.DISMISSED:
            _perhaps_return(change, key, row, alert, rise)
    change.add("take", raised, {"id": alert.id, "alert_id": key, "at": alert.raised_at})
    return key


def snooze(change: Change, alert_id: str, until: datetime, why: str) -> None:
    """Put an alert off; :func:`wake` brings it back.

    Raises
    ------
    CaseError
        The time has passed.
    """
    if until <= change.now:
        raise CaseError("that time has passed", f"alert {alert_id}", "name a later one")
    change.step(ALERT, alerts, change.row(alerts, alert_id), "snooze", why=why, until=until, reason=why)


def wake(change: Change) -> list[str]:
    """Bring back every alert whose time has come; gives their ids."""
    due = change.rows(alerts, alerts.c.state == AlertState.SNOOZED, alerts.c.until <= change.now, order=alerts.c.id)
    for row in due:
        change.step(ALERT, alerts, row, "wake", until=None)
    if not due:
        change.note("wake", "alert", "", {"woken": 0})
    return [str(row["id"]) for row in due]


def dismiss(change: Change, alert_id: str, why: str) -> None:
    """Say that nothing is to be done about it; a rise of its score brings it back."""
    row = change.row(alerts, alert_id)
    change.step(ALERT, alerts, row, "dismiss", why=why, reason=why, until=None, dismissed_score=row["score"])


def restore(change: Change, alert_id: str, why: str) -> None:
    """Take a dismissal back."""
    change.step(ALERT, alerts, change.row(alerts, alert_id), "restore", why=why, dismissed_score=None)


def merge(change: Change, parts: Collection[str], into: str) -> None:
    """Fold alerts into another, many into one; :func:`unmerge` takes each out again as it was.

    Raises
    ------
    CaseError
        The other is itself merged or dismissed, or is one of them.
    """
    whole = change.row(alerts, into)
    if into in parts or whole["state"] in {AlertState.MERGED, AlertState.DISMISSED}:
        raise CaseError("it cannot take others in", f"alert {into}, {whole['state']}", "choose one that is open")
    for key in sorted(set(parts)):
        row = change.row(alerts, key)
        if change.rows(alerts, alerts.c.merged_into == key):
            raise CaseError("others are merged into it", f"alert {key}", "merge those first, or take them out")
        change.step(ALERT, alerts, row, "merge", merged_into=into, until=None)


def unmerge(change: Change, alert_id: str, why: str) -> None:
    """Take an alert out of the one that it was merged into."""
    change.step(ALERT, alerts, change.row(alerts, alert_id), "unmerge", why=why, merged_into=None)


def promote(change: Change, alert_id: str, case_id: str) -> list[str]:
    """Make an alert, with all that are merged into it, part of a case; gives their ids.

    A case of the market track stands on it and leaves it as it was (:mod:`cases.escalation.sources`).

    Raises
    ------
    IllegalTransition
        It is merged, dismissed, or in a case.
    CaseError
        There is no such case, or the actor may not know of it.
    """
    from cases.caseload import Track, find  # which itself promotes alerts

    if find(change, case_id)["track"] == Track.MARKET:
        change.actor.need(Permission.WORK)
        sources.stand_on(change, alert_id, case_id)
        return [alert_id]
    row = change.row(alerts, alert_id)
    if row["state"] == AlertState.MERGED:
        raise IllegalTransition("it is merged into another", f"alert {alert_id}", f"promote {row['merged_into']}")
    change.step(ALERT, alerts, row, "promote", case_id=case_id, until=None)
    parts = change.rows(alerts, alerts.c.merged_into == alert_id, order=alerts.c.id)
    for part in parts:
        change.alter("promote", alerts, part, {"case_id": case_id})
    return [alert_id, *(str(p["id"]) for p in parts)]


def detach(change: Change, alert_id: str, why: str) -> None:
    """Take an alert out of its case, with all that are merged into it."""
    change.step(ALERT, alerts, change.row(alerts, alert_id), "detach", why=why, case_id=None)
    for part in change.rows(alerts, alerts.c.merged_into == alert_id):
        change.alter("detach", alerts, part, {"case_id": None}, why)


def triage(change: Change, alert_id: str) -> None:
    """Say that somebody looked at it and it stays."""
    change.step(ALERT, alerts, change.row(alerts, alert_id), "triage")


def queue(
    look: Look,
    limit: int = 50,
    *,
    states: Collection[AlertState] = WAITING,
    detector: str = "",
    after: str = "",
) -> list[RowMapping]:
    """A page of alerts, the most urgent first, then the oldest.

    Parameters
    ----------
    limit : int
        Most rows of a page.
    states : collection of AlertState
        Those that wait for somebody unless said otherwise.
    detector : str
        Only of this one; empty for all.
    after : str
        The last id of the page before.
    """
    look.actor.need(Permission.SEE)
    where: list[ColumnElement[bool]] = [
        alerts.c.state.in_(
            bindparam("states", sorted(states), expanding=True, literal_execute=True)
        )  # else no partial index is used
    ]
    if detector:
        where.append(alerts.c.detector == detector)
    if after:
        last = look.row(alerts, after)
        where.append(beyond(_ORDER, last))
    query = select(alerts).where(*where).order_by(*_ORDER).limit(limit)
    return list(look.connection.execute(query).mappings())


def counts(look: Look) -> dict[str, int]:
    """How many alerts are in each state."""
    look.actor.need(Permission.SEE)
    query = select(alerts.c.state, func.count()).group_by(alerts.c.state)
    return {str(state): int(n) for state, n in look.connection.execute(query)}


def _told(alert: Alert) -> dict[str, object]:
    return {
        "lineage": alert.lineage,
        "finding": alert.finding,
        "detector": alert.detector,
        "kind": alert.kind,
        "priority": str(alert.priority),
        "rank": alert.priority.rank,
        "score": alert.score,
        "summary": alert.summary,
        "told": alert.plain(),
    }


def _times(change: Change, alert: Alert) -> dict[str, datetime]:
    return {"raised_at": alert.raised_at, "updated_at": change.now}


def _perhaps_return(change: Change, key: str, row: RowMapping, alert: Alert, rise: float) -> None:
    was = row["dismissed_score"] or 0.0
    risen = alert.score - was > rise
    if risen or alert.reason == "grown":
        why = f"its score rose from {was:.2f} to {alert.score:.2f}" if risen else "the ring grew"
        change.step(ALERT, alerts, change.row(alerts, key), "return", why=why, dismissed_score=None)
