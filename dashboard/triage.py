"""The list of findings: what is shown of it, in which order, and what can be done with several at once.

What can be done is a list of :class:`Action`: each says what it would do before it does it, and none is in the list
that does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from cases.roles import Permission
from dashboard.canvas.commands import Command, Open
from dashboard.views import Row
from graph.findings import Finding, Run, Status

OPENED = 30
"""Findings that are put into one picture."""
STANDINGS = ("new", "grown", "returned")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is wanted; an empty choice means all."""

    kinds: Sequence[str] = ()
    tickers: Sequence[str] = ()
    priorities: Sequence[str] = ()
    detectors: Sequence[str] = ()
    standings: Sequence[str] = ()
    text: str = ""
    days: Sequence[date] = ()  # first and last, UTC: findings whose window touches them
    shadow: bool = False
    order: str = "urgency"

    @classmethod
    def of(cls, kept: Mapping[Any, Any]) -> Wanted:
        """From what a session keeps."""

        def several(name: str) -> tuple[str, ...]:
            return tuple(kept.get(name) or ())

        return cls(
            several("kinds"),
            several("tickers"),
            several("priorities"),
            several("detectors"),
            several("standings"),
            text=str(kept.get("words") or ""),
            days=tuple(d for d in kept.get("days") or () if isinstance(d, date)),
            shadow=bool(kept.get("shadow", False)),
            order=str(kept.get("order") or "urgency"),
        )

    def has(self, f: Finding, standing: str) -> bool:
        """Whether the finding is one of those."""
        return (
            (self.shadow or f.status is Status.LIVE)
            and (not self.kinds or f.kind in self.kinds)
            and (not self.tickers or not set(self.tickers).isdisjoint(f.tickers))
            and (not self.priorities or str(f.priority) in self.priorities)
            and (not self.detectors or f.detector in self.detectors)
            and (not self.standings or standing in self.standings)
            and self._on_days(f)
            and self._says(f)
        )

    def _on_days(self, f: Finding) -> bool:
        if not self.days:
            return True
        start, end = (t.astimezone(UTC).date() for t in (f.window.start, f.window.end))
        return start <= self.days[-1] and end >= self.days[0]

    def _says(self, f: Finding) -> bool:
        """Whether all words are somewhere in its sentence, id, tickers, links or members."""
        if not self.text.strip():
            return True
        whole = "\n".join((f.id, f.summary, *f.tickers, *f.links, *f.accounts)).casefold()
        return all(word in whole for word in self.text.casefold().split())


def _newest(f: Finding) -> tuple[float, str]:
    return -f.window.end.timestamp(), f.id


ORDERS: Mapping[str, tuple[str, Callable[[Finding], Any]]] = {
    "urgency": ("Most urgent", lambda f: (f.priority.rank, -f.score, f.id)),
    "newest": ("Newest window", _newest),
    "members": ("Most accounts", lambda f: (-len(f.members), f.id)),
    "score": ("Highest score", lambda f: (-f.score, f.id)),
    "recorded": ("Newest data", lambda f: (-f.data_cut, f.priority.rank, f.id)),
}


def standings(findings: Iterable[Finding], runs: Iterable[Run]) -> dict[str, str]:
    """By finding: new, grown, or returned, as the alerts say; without one, grown where it supersedes another."""
    said = {str(a.get("finding")): str(a.get("reason")) for r in runs for a in r.alerts}
    return {f.id: said.get(f.id, "grown" if f.supersedes else "new") for f in findings}


def listed(findings: Iterable[Finding], wanted: Wanted, standing: Mapping[str, str]) -> list[Finding]:
    """The findings that are wanted, in the order wanted."""
    kept = [f for f in findings if wanted.has(f, standing.get(f.id, "new"))]
    return sorted(kept, key=ORDERS.get(wanted.order, ORDERS["urgency"])[1])


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done with several findings.

    Attributes
    ----------
    needs : Permission
        What who does it must be permitted.
    would : callable
        What it would do, a line each, without doing it.
    """

    name: str
    words: str
    needs: Permission
    would: Callable[[Sequence[Finding]], list[str]]


def _file(what: str) -> Callable[[Sequence[Finding]], list[str]]:
    def would(chosen: Sequence[Finding]) -> list[str]:
        accounts = len({a for f in chosen for a in f.accounts})
        return [
            f"Writes {len(chosen):,} {_plural(chosen)}, which name {accounts:,} accounts, {what}.",
            "Nothing in the store changes. The file leaves this program's protection: who has it can read it.",
            *(["Shadow findings are among them; they are on trial."] if _shadows(chosen) else []),
        ]

    return would


def _picture(chosen: Sequence[Finding]) -> list[str]:
    accounts = len({a for f in chosen[:OPENED] for a in f.accounts})
    rest = len(chosen) - OPENED
    return [
        f"Opens {min(len(chosen), OPENED):,} {_plural(chosen)} with {accounts:,} accounts in one picture.",
        *([f"The other {rest:,} are left out: a picture takes {OPENED}."] if rest > 0 else []),
        "Nothing in the store changes.",
    ]


def _shadows(chosen: Sequence[Finding]) -> bool:
    return any(f.status is Status.SHADOW for f in chosen)


def _plural(chosen: Sequence[Finding]) -> str:
    return "finding" if len(chosen) == 1 else "findings"


ACTIONS: tuple[Action, ...] = (
    Action("picture", "Open in one picture", Permission.SEE, _picture),
    Action("csv", "Export as CSV", Permission.EXPORT, _file("one row each, safe to open in a spreadsheet")),
    Action("jsonl", "Export as JSON Lines", Permission.EXPORT, _file("whole, with their evidence")),
)
"""What can be done with several findings; casework adds to it."""


def opening(chosen: Sequence[Finding]) -> list[Command]:
    """The steps of a picture of them."""
    return [Open(f.id) for f in chosen[:OPENED]]


def export_rows(chosen: Iterable[Finding], standing: Mapping[str, str]) -> list[Row]:
    """One row a finding, for a file."""
    return [
        {
            "finding": f.id,
            "lineage": f.lineage_id,
            "kind": f.kind,
            "detector": f"{f.detector} {f.version}",
            "priority": str(f.priority),
            "standing": standing.get(f.id, "new"),
            "status": str(f.status),
            "score": f.score,
            "score_means": f.score_means,
            "members": len(f.members),
            "accounts": " ".join(f.accounts),
            "tickers": " ".join(f.tickers),
            "links": " ".join(f.links),
            "start": _iso(f.window.start),
            "end": _iso(f.window.end),
            "summary": f.summary,
        }
        for f in chosen
    ]


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
