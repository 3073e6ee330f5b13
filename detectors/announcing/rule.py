"""The untrained rule: accounts that name a coin shortly after a countdown of their own, over how common the coin is.

    score = Σ over accounts of max(1 + ½ [the coin is …] + ½ [nothing but the coin]) / log(5 + posts on it in 7 days)

over the accounts that named the coin within 20 minutes of the moment, each within 20 minutes after an own countdown.
Nothing in it is fitted: a countdown's last call comes minutes before the coin, twenty leave room for a late one; a week
holds each weekday once; 5 keeps the logarithm of a coin that nobody mentioned away from 0; what an account does besides
counting down is worth half of that.

Two weaker signs make calls of their own. *Rumours*: three accounts or more say that a coin fails and to get out.
*Together*: three independent accounts or more push a coin within five minutes, of whom most have met before over
another coin or write the same; a crowd that news brings has not. They score at most half of what one account's
announcement of the same coin does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from detectors.announcing import cues
from detectors.announcing.naming import Named, Posts
from detectors.announcing.symbols import Form
from detectors.announcing.windows import DAY, MINUTE, Flags, Floats, Groups, Ints, before, last_own

AFTER_COUNTDOWN = 20 * MINUTE
WEEK = 7 * DAY
COMMON = 5.0  # posts that every coin is taken to have had
HALF = 0.5
FOCUS = 3  # coins that a call names, at most; a market report names more
WAIT = MINUTE  # between the post that completes a call and the alert
QUIET = 30 * MINUTE  # between two calls on a coin
LEAST = 3  # accounts of a call without an announcement


@dataclass(frozen=True)
class Read:
    """What is known of posts and of the coins they name."""

    posts: Posts
    named: Named
    cues: Mapping[str, Flags] = field(repr=False)  # by text

    @cached_property
    def at(self) -> Ints:
        """Time of each row of ``named``."""
        return self.posts.at[self.named.post]

    @cached_property
    def account(self) -> Ints:
        """Account of each row of ``named``."""
        return self.posts.account[self.named.post]

    @cached_property
    def groups(self) -> Groups:
        """Rows of ``named`` by symbol."""
        return Groups.of(self.named.symbol, len(self.named.symbols))

    def said(self, cue: str, rows: Ints | None = None) -> Flags:
        """Which rows of ``named``, all or some, have a cue in their text."""
        posts = self.named.post if rows is None else self.named.post[rows]
        found: Flags = self.cues[cue][self.posts.text[posts]]
        return found

    @cached_property
    def countdown(self) -> Ints:
        """Of each row of ``named``, its account's latest countdown within 20 minutes before; -1: none."""
        counting = self.cues["countdown"][self.posts.text]
        last = last_own(self.posts.account, self.posts.at, counting)
        recent = (last >= 0) & (self.posts.at - self.posts.at[np.maximum(last, 0)] <= AFTER_COUNTDOWN)
        found: Ints = np.where(recent, last, -1)[self.named.post]
        return found

    @cached_property
    def week(self) -> Ints:
        """Of each row of ``named``, posts on its coin in the seven days before, without the last 20 minutes."""
        n = self.named
        return before(n.symbol, self.at, n.symbol, self.at, WEEK, AFTER_COUNTDOWN)

    @cached_property
    def rare(self) -> Floats:
        """One over how common each row's coin is."""
        found: Floats = 1.0 / np.log(COMMON + self.week)
        return found

    @cached_property
    def focused(self) -> Flags:
        """Rows of posts that name few coins."""
        found: Flags = self.named.coins <= FOCUS
        return found

    def summed(self, points: Floats, back: int, ahead: int = WAIT, who: Ints | None = None) -> tuple[Floats, Ints]:
        """Of each row with points, its coin's points around it, the most of each account; and of how many accounts."""
        from detectors.announcing.kernels import summed

        order, begins = self.groups.order, self.groups.begins
        total, many = np.zeros(len(order)), np.zeros(len(order), np.int64)
        whose = self.account if who is None else who
        summed(begins, self.at[order], whose[order], points[order], back, ahead, total, many)
        out, count = np.zeros(len(order)), np.zeros(len(order), np.int64)
        out[order], count[order] = total, many
        return out, count


def read(posts: Posts, named: Named) -> Read:
    """Posts with their cues."""
    return Read(posts, named, cues.read(posts.texts))


def announced(read: Read) -> Floats:
    """Points of each row as a naming after an own countdown."""
    form = read.named.form
    points = 1.0 + HALF * (form == Form.SAID) + HALF * (form == Form.SOLE)
    found: Floats = np.where((read.countdown >= 0) & read.focused, points, 0.0)
    return found


def scores(read: Read) -> tuple[Floats, Floats]:
    """Score of each row as an announced call, and its points."""
    points = announced(read)
    total, _ = read.summed(points, AFTER_COUNTDOWN)
    return total * read.rare, points


def first_crossings(symbol: Ints, at: Ints, score: Floats, least: float, quiet: int = QUIET) -> Ints:
    """Rows at which a call is raised: the first whose score is over ``least``, then none for a while.

    Parameters
    ----------
    symbol, at : ndarray of int64, shape (n_rows,)
    score : ndarray of float64, shape (n_rows,)
    least : float
        A row has to score more than that.
    quiet : int
        Microseconds without a second call on a symbol.

    Returns
    -------
    ndarray of int64
        Rows, by symbol and time.
    """
    over = np.flatnonzero(score > least)
    over = over[np.lexsort((at[over], symbol[over]))]
    raised: list[int] = []
    for row in over.tolist():
        if raised and symbol[raised[-1]] == symbol[row] and at[row] - at[raised[-1]] < quiet:
            continue
        raised.append(row)
    return np.array(raised, np.int64)
