"""Pump calls: a ticker named together after an announcement, or pushed together without one, as it could be known then.

A call is raised one minute after the post that completes it, and rests on nothing that was posted later: reading the
posts up to a moment gives the calls up to that moment, whatever follows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from graph.store import View


@dataclass(frozen=True, slots=True)
class Call:
    """One call on one ticker; at most one a ticker and half hour."""

    ticker: str
    direction: int  # +1 up · -1 down (rumours that the coin fails) · 0 not said
    first: datetime  # first qualifying post: the countdown, else the first post that names the ticker in the push
    announced: datetime  # the coin was named
    at: datetime  # when the alert could be raised: all it rests on was posted by then
    score: float  # >= 0; of the rule, or in [0, 1] where learnt from labelled events
    accounts: tuple[str, ...]  # who named the coin in it, in order
    posts: tuple[str, ...]  # the posts by which they did, in order
    countdowns: tuple[str, ...]  # posts that announced it, in order
    cues: tuple[str, ...]  # "countdown: 3", "coin is: 2", "bare coin: 1" …, by name
    independent: int  # accounts left when copies of one text and forwards of one post count once
    before: int  # posts that named the ticker in the seven days before
    basis: str  # "rule" · "learnt"


def calls_of(
    view: View,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    known: Collection[str] | None = None,
    least: float = 0.0,
) -> list[Call]:
    """Calls whose ``at`` lies in ``start <= at < end``, sorted by (at, ticker).

    Parameters
    ----------
    view : View
        Its posts are read; what is known of tickers comes from its candles, events and cashtags.
    start, end : datetime, optional
        Bounds of ``at``. Posts before ``start`` are read all the same: a countdown and the last week count.
    known : collection of str, optional
        Symbols that may be named without ``$``, beside those the view knows.
    least : float
        Calls with a lower score are left out.
    """
    raise NotImplementedError
