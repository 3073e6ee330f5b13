"""Posts, accounts created and prices on one axis: bins that the window chooses, so that any store fits a screen.

Times are µs since 1970 (UTC) and spans half open, as everywhere: ``start <= t < end``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.canvas import grammar
from dashboard.times import duration, zone_of
from graph import projection
from graph.coded import UNDATED
from graph.findings import Finding, Role, Window
from graph.model import NodeRef, NodeType, Rel
from graph.store import View

Longs = npt.NDArray[np.int64]
Span = tuple[int, int]

BINS = 240
"""Bins of an axis, at most."""
SECOND = 1_000_000
LEAST, MOST = 10 * SECOND, 100 * 366 * 86_400 * SECOND
"""Lengths that an axis may have."""
LAST = 7_258_118_400 * SECOND
"""The year 2200; no post is of a later time."""
_TICKS = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = [
    n * SECOND
    for n in (
        *(1, 2, 5, 10, 15, 30),
        *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
        *(n * _HOUR for n in (1, 2, 3, 6, 12)),
        *(n * _DAY for n in (1, 2, 7, 14, 30, 60, 90, 180, 365, 730, 1_825, 3_650)),
    )
]
_ACCOUNT = ("account", "created_at")
OTHERS, MEMBERS, CORE = 0, 1, 2  # who: the stacks of a row, from the top
_CORE = frozenset({Role.CORE, Role.AMPLIFIER})


@dataclass(frozen=True)
class Dots:
    """Things that happened, in the order of time.

    Attributes
    ----------
    at : ndarray of int64
        When.
    who : ndarray of uint8
        :data:`CORE`, :data:`MEMBERS` or :data:`OTHERS`.
    undated : int
        How many are left out: shares that have no time, accounts whose creation is not known. A post always has a time:
        one without is put into quarantine when it is loaded.
    """

    at: Longs
    who: npt.NDArray[np.uint8]
    undated: int = 0

    def ends(self) -> Span | None:
        """From the first to just after the last."""
        return (int(self.at[0]), int(self.at[-1]) + 1) if len(self.at) else None

    def counts(self, edges: Longs, who: int) -> list[int]:
        """How many of some are between each edge and the next."""
        a, b = np.searchsorted(self.at, edges[[0, -1]])
        places = np.searchsorted(self.at[a:b][self.who[a:b] == who], edges)
        return [int(n) for n in np.diff(places)]

    def within(self, span: Span) -> dict[int, int]:
        """How many there are in a span, by who."""
        a, b = np.searchsorted(self.at, span)
        found, counts = np.unique(self.who[a:b], return_counts=True)
        return {int(w): int(n) for w, n in zip(found, counts, strict=True)}


@dataclass(frozen=True)
class People:
    """Whose acts are told from those of others, and what they are called."""

    core: frozenset[str]
    members: frozenset[str]
    words: Mapping[int, str]

    def of(self, names: pa.Array) -> npt.NDArray[np.uint8]:
        """Who each of some account keys is."""
        who = np.full(len(names), OTHERS, np.uint8)
        for value, chosen in ((MEMBERS, self.members), (CORE, self.core)):
            hits = pc.is_in(names, value_set=pa.array(sorted(chosen), pa.string()))
            who[np.asarray(hits.to_numpy(zero_copy_only=False), bool)] = value
        return who


def people(finding: Finding | None, findings: Collection[Finding], ticker: str | None) -> People:
    """A finding's members; without one, accounts in a current finding (about the ticker, where there is one)."""
    if finding is not None:
        core = frozenset(m.account for m in finding.members if m.role in _CORE)
        rest = frozenset(finding.accounts) - core
        return People(core, rest, {CORE: "core members, amplifiers", MEMBERS: "other members", OTHERS: "others"})
    named = [f for f in findings if ticker is None or ticker in f.tickers]
    flagged = frozenset(a for f in named for a in f.accounts)
    return People(frozenset(), flagged, {MEMBERS: "flagged accounts", OTHERS: "others"})


def posts(view: View, ticker: str | None, who: People) -> Dots:
    """Posts and reposts that name the ticker; all posts where there is none."""
    events = projection.events(view, "post" if ticker is None else "ticker", reposts=True)
    if ticker is None:
        total = view.count("posts")
    else:
        mine = pc.index(events["object"].combine_chunks().dictionary, ticker).as_py()
        events = events.filter(pc.equal(events["object"].combine_chunks().indices, mine))
        degree = view.degree(NodeRef(NodeType.TICKER, ticker))
        total = degree.get((Rel.MENTIONS, "in"), 0) + degree.get((Rel.SHARES, "in"), 0)
    actors = events["actor"].combine_chunks()
    names = who.of(actors.dictionary)[actors.indices.to_numpy()] if len(actors) else np.empty(0, np.uint8)
    return _dots(events["at"].cast(pa.int64()).to_numpy(), names, max(total - events.num_rows, 0))


def created(view: View, who: People, *, everybody: bool) -> Dots:
    """When the accounts were created: the members, or all that are loaded."""
    if everybody:
        parts = [(_whole(b["created_at"]), who.of(b["account"])) for b in view.scan("accounts", columns=[*_ACCOUNT])]
        at = np.concatenate([np.empty(0, np.int64), *(t for t, _ in parts)])
        kinds = np.concatenate([np.empty(0, np.uint8), *(k for _, k in parts)])
        dated = at != UNDATED
        return _dots(at[dated], kinds[dated], int(np.count_nonzero(~dated)))
    keys = sorted(who.core | who.members)
    known = [(k, a.created_at) for k in keys if (a := view.account(k)) is not None and a.created_at is not None]
    at = np.array([micros(t) for _, t in known], np.int64)
    kinds = who.of(pa.array([k for k, _ in known], pa.string()))
    return _dots(at, kinds, len(keys) - len(known))


def _whole(times: pa.Array) -> Longs:
    return np.asarray(times.cast(pa.int64()).fill_null(UNDATED).to_numpy(), np.int64)


def _dots(at: Longs, who: npt.NDArray[np.uint8], undated: int) -> Dots:
    order = np.argsort(at, kind="stable")
    return Dots(np.asarray(at, np.int64)[order], who[order], undated)


def step_of(span: Span, most: int = BINS) -> int:
    """The least round length of which a span has no more than so many, both ends counted whole."""
    length = span[1] - span[0]
    return next((s for s in _STEPS if -(-length // s) < most), -(-length // most // _STEPS[-1] + 1) * _STEPS[-1])


def edges_of(span: Span) -> Longs:
    """The edges of the bins that cover a span, at round times."""
    step = step_of(span)
    first, last = span[0] // step, -(-span[1] // step)
    return np.arange(first, max(last, first + 1) + 1, dtype=np.int64) * step


def bars(dots: Dots, edges: Longs, words: Mapping[int, str]) -> list[dict[str, Any]]:
    """The stacks of a row, the first at the bottom; ``words`` are those that are drawn."""
    fills = {CORE: grammar.VERMILLION, MEMBERS: grammar.YELLOW, OTHERS: grammar.PALE}
    return [
        {"words": words[who], "fill": fills[who], "counts": dots.counts(edges, who)}
        for who in (CORE, MEMBERS, OTHERS)
        if who in words
    ]


def ticks(span: Span, zone: str | None) -> list[list[Any]]:
    """Round times along the axis, in ms, with their words in UTC and in the analyst's zone where that is another."""
    step = step_of(span, _TICKS + 1)
    there = zone_of(zone)
    found = []
    for at in range(-(-span[0] // step) * step, span[1], step):
        local = moment(at).astimezone(there) if there else None
        found.append([at / 1_000, _short(moment(at), step), _short(local, min(step, _HOUR * SECOND)) if local else ""])
    return found


def _short(at: datetime, step: int) -> str:
    if step >= _DAY * SECOND:
        return f"{at:%Y-%m-%d}"
    return f"{at:%m-%d %H:%M}" if step >= _MINUTE * SECOND else f"{at:%H:%M:%S}"


def around(finding: Finding) -> Span:
    """A finding's window with some of what was before and after."""
    start, end = micros(finding.window.start), micros(finding.window.end)
    room = max((end - start) // 2, 10 * _MINUTE * SECOND) if end > start else _DAY * SECOND
    return start - room, end + room


def joined(*spans: Span | None) -> Span | None:
    """The least span that holds all of these."""
    known = [s for s in spans if s is not None]
    return (min(a for a, _ in known), max(b for _, b in known)) if known else None


def fitted(span: Span) -> Span:
    """A span of a length that an axis may have, around the same middle."""
    length = min(max(span[1] - span[0], LEAST), MOST)
    middle = (span[0] + span[1]) // 2
    return span if length == span[1] - span[0] else (middle - length // 2, middle - length // 2 + length)


def micros(at: datetime) -> int:
    """A time as µs since 1970."""
    return (at - _EPOCH) // _US


def moment(us: int) -> datetime:
    """µs since 1970 as a time."""
    return _EPOCH + us * _US


def read(text: str | None) -> int | None:
    """A time of an address: ISO 8601, UTC where it says nothing else; None where it is none.

    What is before 1970 or after 2200 is none: no post is of then.
    """
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    us = micros(at if at.tzinfo else at.replace(tzinfo=UTC))
    return us if 0 <= us < LAST else None


def written(us: int) -> str:
    """A time as an address has it."""
    return moment(us).isoformat(timespec="auto").replace("+00:00", "Z")


def said(span: Span, zone: str | None) -> str:
    """A span in words, in UTC and in the analyst's zone where that is another."""
    start, end = moment(span[0]), moment(span[1])
    there = zone_of(zone)
    text = f"{_between(start, end)} UTC ({duration(end - start)})"
    return f"{text}; {_between(start.astimezone(there), end.astimezone(there))} {there.key}" if there else text


def _between(start: datetime, end: datetime) -> str:
    last = end.strftime("%H:%M:%S" if start.date() == end.date() else "%Y-%m-%d %H:%M:%S")
    return f"{start:%Y-%m-%d %H:%M:%S} – {last}"


def overlapping(findings: Sequence[Finding], span: Span) -> list[Finding]:
    """Findings whose window has a moment in the span."""
    return [f for f in findings if _spans(f.window)[0] < span[1] and _spans(f.window)[1] >= span[0]]


def _spans(window: Window) -> Span:
    return micros(window.start), micros(window.end)


def duration_of(length: int) -> str:
    """A length in µs in words: ``5 min``; ``1 day``."""
    text = duration(length * _US)
    return "day" if text == "1 days" else text
