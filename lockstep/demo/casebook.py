"""The demo's casebook: an alert of each finding in the queue, as a team has it after detectors told of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cases import alerts
from cases.casebook import Casebook
from cases.evidence.capture import capture
from cases.people import system
from cases.storage.database import Database
from detectors.alerting.alert import alert_of
from graph.findings import Finding, Run, Status
from graph.store import View


def fill(path: Path, view: View, found: Iterable[tuple[Run, Iterable[Finding]]]) -> tuple[str, int]:
    """Make a casebook in a file, with an alert of each live finding and its evidence; gives its URL and how many."""
    url = f"sqlite:///{path}"
    book = Casebook(Database(url))
    try:
        book.database.migrate()
        number = 0
        for run, findings in found:
            for finding in findings:
                if finding.status is Status.LIVE:
                    with book.change(system("alerts")) as change:
                        capture(change, alerts.take(change, alert_of(finding, run, "new")), view, finding)
                    number += 1
    finally:
        book.close()
    return url, number
