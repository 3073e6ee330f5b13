"""What time alone brings about: put-off alerts come back, proposals expire, emergency measures are paged or lapse."""

from __future__ import annotations

from dataclasses import dataclass

from cases import alerts, containment, proposals
from cases.casebook import Casebook
from cases.decisions import KIND
from cases.lifecycles import CASE
from cases.people import system
from cases.storage.schema import cases


@dataclass(frozen=True, slots=True)
class Swept:
    """Ids of what a sweep changed."""

    woken: tuple[str, ...]
    expired: tuple[str, ...]
    overdue: tuple[str, ...]


def sweep(book: Casebook) -> Swept:
    """Do what is due by now; done again at once, it changes nothing."""
    with book.change(system("sweep")) as change:
        woken = alerts.wake(change)
        expired = proposals.overdue(change)
        for row in expired:
            if row["kind"] == KIND:
                change.step(CASE, cases, change.row(cases, row["case_id"]), "refuse", why="it was not answered in time")
        late = containment.overdue(change)
    return Swept(tuple(woken), tuple(str(r["id"]) for r in expired), tuple(str(r["id"]) for r in late))
