"""A change of parameters judged on the past: what would newly fire, what would vanish, what stays."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from detectors.base import Detector, Scope, Value
from detectors.evaluating.matching import named, overlap
from detectors.evaluating.report import cell, table
from graph.errors import DetectorError, LockstepError
from graph.findings import Finding
from graph.store import View

SAME = 0.5  # Jaccard similarity from which findings of two runs are about one ring, as in detectors.run
NEAR = timedelta(days=1)


class Change(enum.StrEnum):
    """What a change of parameters does to a ring."""

    NEW = "newly fires"
    GONE = "vanishes"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding of one run of the past."""

    at: datetime
    finding: Finding


@dataclass
class Ring:
    """One ring over all runs, with the parameters as they are and as they would be.

    Attributes
    ----------
    before, after : list of Seen
        Its findings in time, with the parameters in force and with those asked about.
    verdict : bool, optional
        Whether people confirmed a recorded finding about it; None: undecided.
    """

    before: list[Seen] = field(default_factory=list)
    after: list[Seen] = field(default_factory=list)
    verdict: bool | None = None

    @property
    def change(self) -> Change:
        """What the change does to it."""
        return Change.STAYS if self.before and self.after else Change.NEW if self.after else Change.GONE

    @property
    def last(self) -> Finding:
        """The newest finding about it; of two of one run, that with the parameters asked about."""
        return max([*self.after, *self.before], key=lambda s: s.at).finding


@dataclass(frozen=True)
class Backtest:
    """What a change of parameters comes to.

    Attributes
    ----------
    detector : str
        The detector.
    before, after : mapping
        Its parameters in force, and those asked about.
    times : sequence of datetime
        Moments at which it was run.
    rings : sequence of Ring
        Those newly fired first, then those vanished, then the others.
    """

    detector: str
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    times: Sequence[datetime]
    rings: Sequence[Ring]

    @property
    def changed(self) -> dict[str, tuple[Value, Value]]:
        """Parameters that differ: in force, asked about."""
        return {n: (v, self.after[n]) for n, v in self.before.items() if self.after[n] != v}

    def counts(self) -> dict[str, dict[str, int]]:
        """Rings by what becomes of them and by what people decided."""
        words = {True: "confirmed", False: "cleared", None: "undecided"}
        found = {str(c): dict.fromkeys(["rings", *words.values()], 0) for c in Change}
        for ring in self.rings:
            row = found[str(ring.change)]
            row["rings"] += 1
            row[words[ring.verdict]] += 1
        return found


At = Callable[[datetime], AbstractContextManager[tuple[View, Scope]]]
"""From a moment to the view that a run then would have had, and its scope."""


def moments(since: datetime, until: datetime, step: timedelta) -> list[datetime]:
    """Times of runs, oldest first: ``until``, and each step before it that is after ``since``."""
    if step <= timedelta(0) or until <= since:
        return []
    return sorted(until - i * step for i in range(-(-(until - since) // step)))


def backtest(
    detector: Detector,
    before: Mapping[str, Value],
    after: Mapping[str, Value],
    times: Sequence[datetime],
    *,
    at: At,
    decided: Sequence[tuple[Finding, bool]] = (),
) -> Backtest:
    """Run a detector at each moment with both sets of parameters; nothing is recorded.

    Parameters
    ----------
    before, after : mapping
        A checked value for every parameter; equal ones are run once.
    times : sequence of datetime
        When, oldest first.
    at : callable
        What was there then.
    decided : sequence of (Finding, bool)
        Recorded findings that people decided about, and whether they confirmed them.

    Raises
    ------
    DetectorError
        It fails.
    """
    rings: list[Ring] = []
    for moment in times:
        with at(moment) as (view, scope):
            old = _detect(detector, view, before, scope)
            new = old if before == after else _detect(detector, view, after, scope)
        for found, side in ((old, "before"), (new, "after")):
            _add(rings, found, moment, side)
    for ring in rings:
        ring.verdict = _verdict(ring, decided)
    order = list(Change)
    rings.sort(key=lambda r: (order.index(r.change), -r.last.score, sorted(r.last.accounts), r.last.id))
    return Backtest(detector.name, before, after, times, rings)


def alike(one: Finding, other: Finding) -> float:
    """How much two findings are about the same ring: Jaccard of those named; of tickers where nobody is named."""
    if one.members and other.members:
        return overlap(named(one), named(other)).jaccard
    if one.members or other.members or one.kind != other.kind:
        return 0.0
    apart = max(one.window.start, other.window.start) - min(one.window.end, other.window.end)
    return overlap(one.tickers, other.tickers).jaccard if apart <= NEAR else 0.0


def _detect(detector: Detector, view: View, params: Mapping[str, Value], scope: Scope) -> list[Finding]:
    try:
        return sorted(detector.detect(view, params, scope), key=lambda f: (-f.score, f.id))
    except LockstepError:
        raise
    except Exception as error:
        raise DetectorError(f"{type(error).__name__}: {error}", detector.name, "nothing was recorded") from error


def _add(rings: list[Ring], found: Sequence[Finding], moment: datetime, side: str) -> None:
    """Each finding to the ring it is most like and that has none of this run yet; else it begins one."""
    pairs = sorted(
        (-likeness, f.id, i)
        for f in found
        for i, ring in enumerate(rings)
        if (likeness := max(alike(f, s.finding) for s in _newest(ring))) >= SAME
    )
    by_id = {f.id: f for f in found}
    taken: set[int] = set()
    for _, name, i in pairs:
        if name in by_id and i not in taken:
            getattr(rings[i], side).append(Seen(moment, by_id.pop(name)))
            taken.add(i)
    for f in by_id.values():
        ring = Ring()
        getattr(ring, side).append(Seen(moment, f))
        rings.append(ring)


def _newest(ring: Ring) -> Iterator[Seen]:
    """The last finding of either side."""
    for side in (ring.before, ring.after):
        yield from side[-1:]


def _verdict(ring: Ring, decided: Sequence[tuple[Finding, bool]]) -> bool | None:
    """What people said of the decided finding most like any of the ring's."""
    mine: dict[str, Finding] = {s.finding.id: s.finding for s in [*ring.before, *ring.after]}
    best: tuple[float, str, bool] | None = None
    for recorded, confirmed in decided:
        likeness = max(alike(f, recorded) for f in mine.values())
        if likeness >= SAME and (best is None or (likeness, recorded.id) > best[:2]):
            best = (likeness, recorded.id, confirmed)
    return None if best is None else best[2]


def as_dict(result: Backtest) -> dict[str, Any]:
    """Plain values."""
    return {
        "detector": result.detector,
        "changed": {n: list(v) for n, v in result.changed.items()},
        "times": [t.isoformat() for t in result.times],
        "counts": result.counts(),
        "rings": [_ring(r) for r in result.rings],
    }


def markdown(result: Backtest, rows: int = 100) -> str:
    """A page: what changes in numbers, then ring by ring; those that stay the same come last."""
    changed = [f"{n}: {old} → {new}" for n, (old, new) in result.changed.items()] or ["nothing is changed"]
    lines = [f"# Backtest of {result.detector}", "", *(f"- {cell(c)}" for c in changed)]
    runs = f"{len(result.times)} run{'' if len(result.times) == 1 else 's'}"
    ends = (f"{result.times[0]:%Y-%m-%d %H:%M}", f"{result.times[-1]:%Y-%m-%d %H:%M} UTC") if result.times else ("", "")
    lines += [f"- {runs} over the past, {ends[0]} to {ends[1]}; nothing was recorded", ""]
    counts = result.counts()
    head = ("", "rings", "confirmed", "cleared", "undecided")
    lines += [*table(head, [[what, *(row[c] for c in head[1:])] for what, row in counts.items()]), ""]
    columns = ("", "decided", "score", "first seen", "accounts", "what")
    said = [_row(r) for r in result.rings]
    lines += [*table(columns, said[:rows]), ""] if said else []
    lines += [f"… {len(said) - rows:,} more (--json has all)", ""] if len(said) > rows else []
    return "\n".join(lines)


def _row(ring: Ring) -> list[object]:
    """Before → after, where they differ."""
    sides = [s for s in (ring.before, ring.after) if s]
    scores = list(dict.fromkeys(f"{s[-1].finding.score:.2f}" for s in sides))
    first = list(dict.fromkeys(f"{s[0].at:%Y-%m-%d %H:%M}" for s in sides))
    decided = {None: "", True: "confirmed", False: "cleared"}[ring.verdict]
    last = ring.last
    return [ring.change, decided, " → ".join(scores), " → ".join(first), len(last.members), last.summary]


def _ring(ring: Ring) -> dict[str, Any]:
    last = ring.last
    sides = {"before": ring.before, "after": ring.after}
    return {
        "change": str(ring.change),
        "decided": None if ring.verdict is None else "confirmed" if ring.verdict else "cleared",
        "kind": last.kind,
        "accounts": list(last.accounts),
        "tickers": list(last.tickers),
        "summary": last.summary,
        **{f"first_{name}": seen[0].at.isoformat() if seen else None for name, seen in sides.items()},
        **{f"score_{name}": seen[-1].finding.score if seen else None for name, seen in sides.items()},
        **{f"runs_{name}": len(seen) for name, seen in sides.items()},
    }
