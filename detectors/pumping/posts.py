"""Who named which ticker when, as arrays: what a pump's social side is read from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.announcing.calls import Call
from detectors.base import Scope
from detectors.coaction import engine
from detectors.coaction.context import Context, named
from detectors.coaction.engine import FoundRing
from detectors.coaction.surprisal import Layer
from detectors.trading.reading import SECOND
from detectors.trading.surges import surge
from graph.projection import SCHEMA, coded, events, restrict
from graph.store import View

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

MINUTE = 60 * SECOND
WEEK = 7 * 86_400 * SECOND
SPAN = 5 * MINUTE  # in which the accounts of a burst are counted


@dataclass(frozen=True)
class Named:
    """Posts that name one ticker, by time; arrays of shape (n,).

    Attributes
    ----------
    ticker : str
        Symbol.
    who : ndarray of int32
        Codes of accounts.
    at : ndarray of int64
        µs.
    posts : sequence of str
        Keys of the posts.
    since : int
        Time of the first post of all, on whatever ticker: before it nothing is known. µs.
    """

    ticker: str
    who: Ints
    at: Longs
    posts: pa.Array
    since: int

    def between(self, start: int, end: int) -> Named:
        """Those with ``start <= at <= end`` (µs)."""
        part = slice(int(np.searchsorted(self.at, start)), int(np.searchsorted(self.at, end, side="right")))
        return Named(self.ticker, self.who[part], self.at[part], self.posts[part], self.since)

    def of(self, accounts: Collection[int]) -> Named:
        """Those by some accounts."""
        mine = np.flatnonzero(np.isin(self.who, np.array(sorted(accounts), np.int32)))
        return Named(self.ticker, self.who[mine], self.at[mine], self.posts.take(pa.array(mine)), self.since)

    def __len__(self) -> int:
        return len(self.who)

    @property
    def keys(self) -> list[str]:
        """Keys of the posts."""
        found: list[str] = self.posts.to_pylist()
        return found

    @cached_property
    def first(self) -> dict[int, int]:
        """Of each account, when it first named the ticker here, in the order in which they did."""
        found: dict[int, int] = {}
        for who, at in zip(self.who.tolist(), self.at.tolist(), strict=True):
            found.setdefault(who, at)
        return found

    def surprise(self, count: int, begins: int) -> tuple[float, float]:
        """How many accounts were to be expected in :data:`SPAN` before ``begins``, by the week before, and p.

        The week's spans are counted alike; p is 1 where nothing is known before.
        """
        low = max(begins - WEEK, self.since)
        spans = (begins - low) // SPAN
        if spans < 1:
            return 0.0, 1.0
        past = self.between(begins - spans * SPAN, begins - 1)
        slot = (past.at - (begins - spans * SPAN)) // SPAN
        pairs = np.unique(slot * (int(self.who.max(initial=0)) + 1) + past.who)
        counts = np.bincount(pairs // (int(self.who.max(initial=0)) + 1), minlength=int(spans))
        return surge(count, SPAN / SECOND, counts, SPAN / SECOND)

    def densest(self) -> tuple[int, int]:
        """Most accounts within one :data:`SPAN`, and when that begins (µs)."""
        ends = np.searchsorted(self.at, self.at + SPAN, side="right")
        counts = [len(np.unique(self.who[i:j])) for i, j in enumerate(ends.tolist())]
        best = int(np.argmax(counts)) if counts else 0
        return (counts[best], int(self.at[best])) if counts else (0, 0)


class Board:
    """All posts of a scope that name tickers; reposts, and what a campaign or an allow-list explains, are left out.

    Parameters
    ----------
    calls : sequence of Call
        Their posts are among them, also where they name the coin without a ``$``.
    """

    def __init__(self, view: View, scope: Scope, context: Context, calls: Sequence[Call] = ()) -> None:
        table = _with_calls(events(view, "ticker", start=scope.start, end=scope.end), view, calls)
        known = [*context.explained, *context.allowed]
        drop = pc.or_(named(table, "actor", context.free), named(table, "message", known))
        if table.num_rows and pc.any(drop).as_py():
            table = restrict(table, pc.invert(drop))
        self.table = table
        actors, things = (table[n].combine_chunks() for n in ("actor", "object"))
        self.names: list[str] = actors.dictionary.to_pylist()
        self.codes = {name: code for code, name in enumerate(self.names)}
        self._who: Ints = actors.indices.to_numpy()
        self._at: Longs = table["at"].cast(pa.int64()).to_numpy()
        self._posts = table["message"].combine_chunks()
        self.tickers: list[str] = things.dictionary.to_pylist()
        bounds = np.searchsorted(things.indices.to_numpy(), np.arange(len(self.tickers) + 1))
        self._bounds = dict(zip(self.tickers, zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True), strict=True))
        self.since = int(self._at.min()) if len(self._at) else 0

    @cached_property
    def activity(self) -> npt.NDArray[np.float64]:
        """How often each account names a ticker."""
        return np.bincount(self._who, minlength=len(self.names)).astype(float)

    def on(self, ticker: str) -> Named:
        """Posts on a ticker."""
        a, b = self._bounds.get(ticker, (0, 0))
        posts = self._posts[a:b]
        return Named(ticker, self._who[a:b], self._at[a:b], posts.dictionary_decode(), self.since)

    def coded(self, accounts: Iterable[str]) -> set[int]:
        """Codes of those accounts that name tickers."""
        return {self.codes[a] for a in accounts if a in self.codes}

    def rings(self, around: Sequence[tuple[str, int, int]], window_s: float, options: engine.Options) -> list[Ringed]:
        """Accounts that name tickers together, beyond chance, where and when the market moved.

        Parameters
        ----------
        around : sequence of (str, int, int)
            Tickers, and spans of time (µs) in which they are looked at: all attention there is given, so that what
            counts as chance is a crowd that was drawn by the move.
        """
        keep = np.zeros(self.table.num_rows, bool)
        for ticker, start, end in around:
            a, b = self._bounds.get(ticker, (0, 0))
            low, high = np.searchsorted(self._at[a:b], [start, end])
            keep[a + low : a + high] = True
        if not keep.any():
            return []
        table = restrict(self.table, keep)
        keys = table["actor"].combine_chunks().dictionary
        found = engine.search([Layer("co_ticker", table, window_s)], keys, options)
        return [Ringed(ring, tuple(sorted(self.coded(found.names(ring.core))))) for ring in found.rings]


@dataclass(frozen=True)
class Ringed:
    """A ring, and its core in the board's codes."""

    ring: FoundRing
    core: tuple[int, ...]


def _with_calls(table: pa.Table, view: View, calls: Sequence[Call]) -> pa.Table:
    """Events with the posts of calls that are not among them."""
    keys = pa.array(sorted({key for c in calls for key in c.posts}), pa.string())
    there = table.filter(pc.is_in(table["message"], keys))
    have = set(zip(*(there[n].to_pylist() for n in ("object", "message")), strict=True))
    wanted = sorted({(c.ticker, key) for c in calls for key in c.posts} - have)
    known = {p.post: p for p in view.posts(sorted({key for _, key in wanted}))}
    rows = [(known[key], ticker) for ticker, key in wanted if key in known]
    rows = [(p, ticker) for p, ticker in rows if p.account and p.created_at]
    if not rows:
        return table
    columns = [[p.account for p, _ in rows], [t for _, t in rows], [p.created_at for p, _ in rows]]
    more = pa.table([*columns, [p.post for p, _ in rows]], schema=pa.schema([(f.name, _plain(f.type)) for f in SCHEMA]))
    plain = pa.table([c.cast(_plain(c.type)) for c in table.columns], names=table.column_names)
    both = pa.concat_tables([plain, more]).sort_by([(n, "ascending") for n in ("object", "at", "actor", "message")])
    return pa.table([coded(c) if c.type == pa.string() else c for c in both.columns], schema=SCHEMA)


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_dictionary(kind) else kind
