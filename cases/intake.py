"""From detectors into the casebook: the alerts that people were told of, and who a case of a finding is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import RowMapping, select

from cases import alerts as alert_work
from cases.casebook import Casebook, Change
from cases.caseload import Subject, add_subject
from cases.evidence.capture import capture
from cases.lifecycles import ALERT, Severity
from cases.people import Actor
from cases.storage.schema import alerts as alert_rows
from cases.storage.schema import raised, subjects
from detectors.alerting.alert import Alert
from detectors.alerting.routing import TOLD, listed
from graph.findings import Finding, Priority
from graph.store import Store, View

Keep = Callable[[Change, str, Alert], None]  # the change, the casebook's id of the alert, and the alert

#: What a detector's priority suggests; a person says the severity (:func:`cases.caseload.open_case`).
SUGGESTED = {
    Priority.HIGH: Severity.S1,
    Priority.MEDIUM: Severity.S2,
    Priority.LOW: Severity.S3,
    Priority.NOTE: Severity.S4,
}


def take_in(book: Casebook, actor: Actor, alerts: Iterable[Alert], keep: Keep | None = None) -> list[str]:
    """Take in the alerts that people were told of and the casebook has not; gives its ids of them.

    Each is a transaction of its own, so that one which cannot be taken keeps no other back.

    Parameters
    ----------
    alerts : iterable of Alert
        As :func:`detectors.alerting.routing.listed` gives them.
    keep : callable, optional
        What keeps the evidence of each in the same transaction, since abusers delete; :func:`take_from` brings one.
    """
    told = [a for a in alerts if a.shown in TOLD]
    with book.database.reading() as connection:
        known = set(connection.execute(select(raised.c.id)).scalars())
    taken = []
    for alert in sorted((a for a in told if a.id not in known), key=lambda a: (a.raised_at, a.id)):
        with book.change(actor) as change:
            taken.append(alert_work.take(change, alert))
            if keep is not None:
                keep(change, taken[-1], alert)
    return taken


def take_from(book: Casebook, actor: Actor, store: Store, view: View) -> tuple[list[str], list[str]]:
    """Take in what a store's detectors told people of up to a commit, with its evidence as that commit has it.

    Returns
    -------
    list of str, list of str
        The casebook's ids of the alerts that were taken, and of those among them whose finding the store has not.
    """
    without = []

    def keep(change: Change, key: str, alert: Alert) -> None:
        finding = view.finding(alert.finding)
        if finding is None:
            without.append(key)
        else:
            capture(change, key, view, finding)

    return take_in(book, actor, listed(store, view), keep), without


def subjects_of(finding: Finding) -> list[Subject]:
    """Who a case about a finding is about: its members, each with whether there is evidence against it itself."""
    return [Subject(m.account, str(m.role), own_evidence=bool(m.evidence)) for m in finding.members]


def put_alert(change: Change, case_id: str, alert_id: str, about: Iterable[Subject]) -> None:
    """Make an alert, with those merged into it, part of a case that is about these accounts too."""
    alert_work.promote(change, alert_id, case_id)
    tell_of(change, case_id, about)


def put_finding(change: Change, case_id: str, finding: Finding) -> list[str]:
    """Make a case about a finding's accounts too, and its ring's alert a part of it where one waits; gives those."""
    waiting = [str(r["id"]) for r in _of_ring(change, finding)]
    for alert_id in waiting:
        alert_work.promote(change, alert_id, case_id)
    tell_of(change, case_id, subjects_of(finding))
    return waiting


def tell_of(change: Change, case_id: str, about: Iterable[Subject]) -> None:
    """Say that a case is about accounts too; evidence against one, once there is some, stays."""
    known = {r["account"]: r["own_evidence"] for r in change.rows(subjects, subjects.c.case_id == case_id)}
    for subject in about:
        if subject.account not in known or (subject.own_evidence and not known[subject.account]):
            add_subject(change, case_id, subject)
            known[subject.account] = subject.own_evidence


def _of_ring(change: Change, finding: Finding) -> list[RowMapping]:
    sources = {s for m in ALERT.moves if m.name == "promote" for s in m.sources}
    same = (alert_rows.c.detector == finding.detector, alert_rows.c.lineage == finding.lineage_id)
    return change.rows(alert_rows, *same, alert_rows.c.state.in_(sources), order=alert_rows.c.id)
