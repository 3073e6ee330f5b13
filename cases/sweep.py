"""What time alone brings about: put-off alerts come back, proposals expire, emergency measures are paged or lapse, and
what is late is said once: clocks, hand-offs, emergencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cases import alerts, containment, proposals
from cases.casebook import Casebook
from cases.decisions import KIND
from cases.escalation import clocks, handoffs, playbook, releases
from cases.evidence import capture
from cases.lifecycles import CASE
from cases.people import system
from cases.storage.schema import cases


@dataclass(frozen=True, slots=True)
class Swept:
    """Ids of what a sweep changed: alerts, proposals, measures, captured content, clocks, hand-offs, emergencies."""

    woken: tuple[str, ...]
    expired: tuple[str, ...]
    overdue: tuple[str, ...]
    removed: tuple[str, ...] = ()
    at_risk: tuple[str, ...] = ()
    breached: tuple[str, ...] = ()
    handoffs: tuple[str, ...] = ()
    emergencies: tuple[str, ...] = ()


def sweep(book: Casebook, kept: timedelta = capture.KEPT) -> Swept:
    """Do what is due by now; done again at once, it changes nothing.

    Parameters
    ----------
    kept : timedelta
        How long captured content outlives the dismissal of its alert.
    """
    with book.change(system("sweep")) as change:
        woken = alerts.wake(change)
        expired = proposals.overdue(change)
        for row in expired:
            if row["kind"] == KIND:
                change.step(CASE, cases, change.row(cases, row["case_id"]), "refuse", why="it was not answered in time")
        late = containment.overdue(change)
        said = clocks.raise_due(change)
        waiting, running = handoffs.overdue(change), playbook.overdue(change)
        releases.admit(change)
        removed = capture.expire(change, kept)
    book.database.tidy()
    return Swept(
        woken=tuple(woken),
        expired=tuple(str(r["id"]) for r in expired),
        overdue=tuple(str(r["id"]) for r in late),
        removed=tuple(removed),
        at_risk=tuple(said["at_risk"]),
        breached=tuple(said["breached"]),
        handoffs=tuple(waiting),
        emergencies=tuple(running),
    )
