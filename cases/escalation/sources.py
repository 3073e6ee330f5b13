"""The alerts that a case of the market track stands on.

Such a case does not take an alert: the alert stays in the queue as it was, so that nobody off the case's access list
sees that anything became of it. A case of the platform track promotes its alerts (:mod:`cases.alerts`).
"""

from __future__ import annotations

from sqlalchemy import RowMapping, or_, select

from cases.casebook import Change, Look
from cases.storage.escalation import sources
from cases.storage.schema import alerts


def stand_on(change: Change, alert_id: str, case_id: str) -> None:
    """Note that a case of the market track stands on an alert, which stays as it is; said again, it changes nothing."""
    alert = change.row(alerts, alert_id)
    if change.rows(sources, sources.c.case_id == case_id, sources.c.alert_id == alert_id):
        change.note("stand on again", "case", case_id, {"alert": alert_id})
        return
    change.add("stand on", sources, {"case_id": case_id, "alert_id": alert["id"], "at": change.now})


def alerts_of(look: Look, case_id: str) -> list[RowMapping]:
    """The alerts that a case took, or stands on; the caller has looked at who may know of it."""
    own = select(sources.c.alert_id).where(sources.c.case_id == case_id)
    return look.rows(alerts, or_(alerts.c.case_id == case_id, alerts.c.id.in_(own)), order=alerts.c.raised_at)
