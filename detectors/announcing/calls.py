"""Pump calls: a ticker named together after an announcement, or pushed together without one, as it could be known then.

A call is raised one minute after the post that completes it, and rests on nothing that was posted later: reading the
posts up to a moment gives the calls up to that moment, whatever follows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from detectors.announcing import together
from detectors.announcing.features import features
from detectors.announcing.learner import Events, ranked
from detectors.announcing.naming import Named, named, posts_of
from detectors.announcing.rule import AFTER_COUNTDOWN, QUIET, WAIT, Read, first_crossings, read, scores
from detectors.announcing.symbols import Form
from detectors.announcing.together import NEAR, Meetings
from detectors.announcing.windows import MINUTE, Flags, Floats, Ints, before
from graph.store import View

TIERS = ("announced", "rumour", "together")
A_DAY = 5.0  # namings a day, at most, that say as much as a learnt call
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """One call on one ticker; at most one a ticker and half hour, unless an announcement follows a weaker call."""

    ticker: str
    tier: (
        str  # "announced": after a countdown · "rumour": hearsay of failure · "together": neither, by who acts together
    )
    direction: int  # +1 up · -1 down (rumours that the coin fails) · 0 not said
    first: datetime  # first qualifying post: the countdown, else the first post that names the ticker in the push
    announced: datetime  # the coin was named
    at: datetime  # when the alert could be raised: all it rests on was posted by then
    score: float  # >= 0; of the rule, or in [0, 1] where learnt from labelled events
    accounts: tuple[str, ...]  # who named the coin in it, in order
    posts: tuple[str, ...]  # the posts by which they did, in order
    countdowns: tuple[str, ...]  # posts that announced it, in order
    cues: tuple[str, ...]  # "countdown: 3", "coin is: 2", "bare coin: 1" …: accounts, by name
    independent: int  # accounts left when copies of one text and forwards of one post count once
    acquainted: int  # of these, how many had met another of them on several occasions
    before: int  # posts that named the ticker in the seven days before
    basis: str  # "rule" · "learnt"


class Calls(list[Call]):
    """Calls, and what a run should say beside them."""

    notes: tuple[str, ...] = ()


def calls_of(
    view: View,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    known: Collection[str] | None = None,
    least: float = 0.0,
    tiers: Collection[str] = TIERS,
    taught: Events | None = None,
) -> Calls:
    """Calls whose ``at`` lies in ``start <= at < end``, sorted by (at, ticker).

    Parameters
    ----------
    view : View
        Its posts are read. A ticker that posts name without ``$`` is known from its candles, its listings, or from two
        accounts that have named it with one.
    start, end : datetime, optional
        Bounds of ``at``. Posts before ``start`` are read all the same: a countdown and the last week count.
    known : collection of str, optional
        Further symbols that may be named without ``$``.
    least : float
        A call has to score more than that.
    tiers : collection of str
        Kinds of call looked for, of :data:`TIERS`.
    taught : Events, optional
        Labelled events that a learner ranks by, each only what comes a day later. A score is then 1 / (1 + r), r being
        how many namings a day said as much; a call is raised where r is at most :data:`A_DAY`.
    """
    posts = posts_of(view)
    if not len(posts.at):
        return Calls()
    state = read(posts, named(posts, {*listed(view), *(known or ())}))
    return _Raised(state, tiers, taught).calls(start, end, least)


def listed(view: View) -> set[str]:
    """Symbols that the view's market data and listings are about; never its pumps."""
    from graph.market import bases_of

    found = bases_of(view.data_dir, "candles") | bases_of(view.data_dir, "trades")
    for batch in view.scan("events", columns=["ticker", "kind"]):
        found |= {t for t, kind in zip(*(c.to_pylist() for c in batch.columns), strict=True) if kind == "listing"}
    return found


class _Raised:
    """The calls of what was read."""

    def __init__(self, state: Read, tiers: Collection[str], taught: Events | None = None) -> None:
        self.read = state
        self.meetings = Meetings.of(state)
        none = np.zeros(len(state.at))
        announced, self.points = scores(state)
        rumours, self.down = together.rumours(state) if "rumour" in tiers else (none, none)
        pushed = together.scores(state, self.meetings) if "together" in tiers else none
        self.scores = np.stack([announced if "announced" in tiers else none, rumours, pushed])
        self.learnt = None if taught is None else self._learnt(taught)

    def _learnt(self, taught: Events) -> Floats:
        """Scores that events have taught, 0 before there were any."""
        table = features(self.read, self.meetings)
        out = np.zeros(len(self.read.at))
        with np.errstate(over="ignore"):
            out[table.rows] = 1.0 / (1.0 + np.exp(-ranked(table, self.read.named.symbols, taught)))
        return out

    def calls(self, start: datetime | None, end: datetime | None, least: float) -> Calls:
        named: Named = self.read.named
        at = self.read.at
        if self.learnt is None:
            rows = first_crossings(named.symbol, at, self.scores[0], least)
            weaker = np.where(silent(named.symbol, at, rows), 0.0, self.scores[1:].max(axis=0))
            rows = np.concatenate([rows, first_crossings(named.symbol, at, weaker, least)])
        else:
            rows = first_crossings(named.symbol, at, self.learnt, max(least, 1.0 / (1.0 + A_DAY)))
        low, high = _micros(start), _micros(end)
        made = [
            self._call(row)
            for row in rows.tolist()
            if (low is None or self.read.at[row] + WAIT >= low) and (high is None or self.read.at[row] + WAIT < high)
        ]
        found = Calls(sorted(made, key=lambda c: (c.at, c.ticker)))
        if unread := self.read.posts.unread:
            found.notes = (f"text signals not used: {unread:,} posts in languages without a lexicon",)
        return found

    def _call(self, row: int) -> Call:
        state = self.read
        tier = int((self.scores[:, row] > 0).argmax()) if self.scores[:, row].any() else TIERS.index("together")
        rows, mine = self._rows(row, tier)
        rows = rows[mine]
        chosen = _firsts(state.account[rows])
        burst = self.meetings.burst(rows, int(state.at[row]))
        countdowns = sorted({int(state.countdown[r]) for r in rows if state.countdown[r] >= 0}) if tier == 0 else []
        posts = [int(p) for p in state.named.post[rows[chosen]]]
        announced = int(state.at[rows[0]])
        first = min([announced, *(int(state.posts.at[p]) for p in countdowns)])
        down = int((self.down[rows] > 0).sum())
        return Call(
            ticker=state.named.symbols[state.named.symbol[row]],
            tier=TIERS[tier],
            direction=-1 if 2 * down > len(rows) else 1,
            first=_time(first),
            announced=_time(announced),
            at=_time(int(state.at[row]) + WAIT),
            score=float(self.scores[:, row].max() if self.learnt is None else self.learnt[row]),
            accounts=tuple(state.posts.names[a] for a in state.account[rows[chosen]]),
            posts=self._keys(posts),
            countdowns=self._keys(countdowns),
            cues=self._cues(rows, burst.copies),
            independent=burst.independent,
            acquainted=burst.acquainted,
            before=int(state.week[row]),
            basis="rule" if self.learnt is None else "learnt",
        )

    def _keys(self, posts: Collection[int]) -> tuple[str, ...]:
        return tuple(self.read.posts.key[post].as_py() for post in posts)

    def _rows(self, row: int, tier: int) -> tuple[Ints, Flags]:
        """Rows of the window a call rests on, and which of them count."""
        rows = self.meetings.window(row, (AFTER_COUNTDOWN, 20 * MINUTE, NEAR)[tier])
        points: Floats = (self.points, self.down, self.read.focused.astype(np.float64))[tier]
        return rows, points[rows] > 0

    def _cues(self, rows: Ints, copies: int) -> tuple[str, ...]:
        state = self.read
        marks = {
            "countdown": state.countdown[rows] >= 0,
            "coin is": state.named.form[rows] == Form.SAID,
            "bare coin": state.named.form[rows] == Form.SOLE,
            **{c: state.said(c, rows) for c in ("buying", "exchange", "targets", "rumour", "failing", "leave")},
        }
        counts = Counter({name: len(np.unique(state.account[rows[mark]])) for name, mark in marks.items()})
        counts["same text"] = copies
        return tuple(f"{name}: {n}" for name, n in sorted(counts.items()) if n)


def silent(symbol: Ints, at: Ints, raised: Ints) -> Flags:
    """Which rows come while a call raised before silences their coin."""
    return before(symbol[raised], at[raised], symbol, at + 1, QUIET, 0) > 0


def _firsts(accounts: Ints) -> Ints:
    """Places of each account's first row, in order."""
    return np.sort(np.unique(accounts, return_index=True)[1])


def _time(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def _micros(time: datetime | None) -> int | None:
    return None if time is None else (time - EPOCH) // timedelta(microseconds=1)
