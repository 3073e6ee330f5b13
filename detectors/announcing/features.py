"""What a learner sees of the moment at which a coin is named: each value as it was one minute later, none from labels.

*Cues* are what an announcement says and what an account has announced before; *others* are who acts together, how rare
that is for the coin, and when. A learner can do without the cues, which shows what they bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from detectors.announcing import rule
from detectors.announcing.rule import AFTER_COUNTDOWN, QUIET, WAIT, WEEK, Read
from detectors.announcing.symbols import Form
from detectors.announcing.together import NEAR, Meetings
from detectors.announcing.windows import DAY, HOUR, MINUTE, SECOND, Flags, Floats, Groups, Ints, before, last_own

CUES = (
    "rule",
    "announced accounts",
    "since countdown",
    "countdowns near",
    "coin is",
    "bare coin",
    "buying",
    "exchange",
    "targets",
    "ready before",
    "announced before",
    "announced together before",
)
"""Features that read announcements, or an account's earlier ones."""


@dataclass(frozen=True)
class Table:
    """Features of the moments that a call may be raised at."""

    rows: Ints  # of Read.named
    symbol: Ints
    at: Ints  # when it could be raised
    values: Mapping[str, Floats]

    def matrix(self, without: tuple[str, ...] = ()) -> Floats:
        """Values in the order of their names, shape (n_rows, n_features)."""
        return np.column_stack([v for n, v in sorted(self.values.items()) if n not in without])


def features(read: Read, meetings: Meetings) -> Table:
    """Features of each row by which an account names a coin, among few, for the first time in half an hour."""
    rows = np.flatnonzero(read.focused & _fresh(read))
    every = {**_cues(read), **_social(read, meetings, rows), **_account(read)}
    at = read.at[rows] + WAIT
    values = {name: (v if len(v) == len(rows) else v[rows]).astype(np.float64) for name, v in every.items()}
    return Table(rows, read.named.symbol[rows], at, values)


def _fresh(read: Read) -> Flags:
    """Rows whose account had not named the coin in the half hour before."""
    whose = read.named.symbol * len(read.posts.names) + read.account
    last = last_own(whose, read.at, np.ones(len(whose), bool))
    found: Flags = (last < 0) | (read.at - read.at[np.maximum(last, 0)] > QUIET)
    return found


def _cues(read: Read) -> dict[str, Floats]:
    near = read.focused.astype(np.float64)
    score, points = rule.scores(read)
    counting = read.countdown
    since = np.where(counting >= 0, read.at - read.posts.at[np.maximum(counting, 0)], 2 * AFTER_COUNTDOWN) / MINUTE
    said = {
        "coin is": read.named.form == Form.SAID,
        "bare coin": read.named.form == Form.SOLE,
        **{cue: read.said(cue) for cue in ("buying", "exchange", "targets")},
    }
    counts = {name: read.summed(near * mark, NEAR)[1].astype(np.float64) for name, mark in said.items()}
    _, announced = read.summed((points > 0).astype(np.float64), AFTER_COUNTDOWN)
    return {
        **counts,
        "rule": score,
        "announced accounts": announced.astype(np.float64),
        "since countdown": since,
        "countdowns near": _around(read, read.cues["countdown"]),
        "ready before": _around(read, read.cues["ready"]),
        **_history(read, points),
    }


def _around(read: Read, flag: Flags) -> Floats:
    """Posts with a cue in the 20 minutes before, whoever wrote them."""
    times = read.posts.at[flag[read.posts.text]]
    high = np.searchsorted(times, read.at)
    found: Floats = np.log1p(high - np.searchsorted(times, read.at - AFTER_COUNTDOWN)).astype(np.float64)
    return found


def _history(read: Read, points: Floats) -> dict[str, Floats]:
    """How often the account had announced before that day, and how often others did so with it."""
    mark = points > 0
    account, at = read.account, read.at
    own = before(account[mark], at[mark], account, at, 90 * DAY, DAY)
    _, many = read.summed(mark.astype(np.float64), AFTER_COUNTDOWN)
    shared = mark & (many >= 2)
    joint = before(account[shared], at[shared], account, at, 90 * DAY, DAY)
    return {"announced before": np.log1p(own), "announced together before": np.log1p(joint)}


def _social(read: Read, meetings: Meetings, rows: Ints) -> dict[str, Floats]:
    near = read.focused.astype(np.float64)
    _, many = read.summed(near, NEAR)
    _, wide = read.summed(near, AFTER_COUNTDOWN)
    template = meetings.templates[read.posts.text[read.named.post]]
    source = np.where(template >= 0, template + 1, 0)
    _, texts = read.summed(near, NEAR, who=source)
    _, all_accounts = read.summed(np.ones(len(near)), NEAR)
    n, symbol, at = read.named, read.named.symbol, read.at
    expected = (read.week + 1.0) * (NEAR + WAIT) / WEEK
    lengths = pc.utf8_length(read.posts.texts).to_numpy()[read.posts.text[n.post]]
    acquainted, copies, span = _bursts(read, meetings, rows, many)
    return {
        "accounts": many.astype(np.float64),
        "accounts in 20 min": wide.astype(np.float64),
        "accounts in long posts too": all_accounts.astype(np.float64),
        "texts": texts.astype(np.float64),
        "rarity": many * np.log(many.clip(1) / expected),
        "week": np.log1p(read.week),
        "day": np.log1p(before(n.symbol, at, symbol, at, DAY, AFTER_COUNTDOWN)),
        "hour": np.log1p(before(n.symbol, at, symbol, at, HOUR, AFTER_COUNTDOWN)),
        "length": np.log1p(lengths),
        "coins": n.coins.astype(np.float64),
        "reposts": read.summed(near * read.posts.repost[n.post], NEAR)[1].astype(np.float64),
        "acquainted": acquainted,
        "copies": copies,
        "span": span,
        "off the half hour": np.abs((at / MINUTE + 15) % 30 - 15),
    }


def _bursts(read: Read, meetings: Meetings, rows: Ints, many: Ints) -> tuple[Floats, Floats, Floats]:
    """Of each of the rows: accounts that had met, accounts with one text, and seconds since the burst's first post."""
    out = np.zeros((3, len(rows)))
    for place, row in enumerate(rows.tolist()):
        if many[row] < 2:
            continue
        window = meetings.window(row)
        window = window[read.focused[window]]
        burst = meetings.burst(window, int(read.at[row]))
        out[:, place] = burst.acquainted, burst.copies, (read.at[row] - read.at[window[0]]) / SECOND
    return out[0], out[1], out[2]


def _account(read: Read) -> dict[str, Floats]:
    """What the account did besides: posts in 20 minutes and in the week, and how long it had been silent."""
    posts = read.posts
    account, at = read.account, read.at
    recent = before(posts.account, posts.at, account, at, AFTER_COUNTDOWN, 0)
    week = before(posts.account, posts.at, account, at, WEEK, AFTER_COUNTDOWN)
    last = last_own(posts.account, posts.at, np.ones(len(posts.at), bool))
    silent = np.where(last >= 0, posts.at - posts.at[np.maximum(last, 0)], WEEK)[read.named.post]
    return {
        "own posts in 20 min": np.log1p(recent),
        "own posts in the week": np.log1p(week),
        "silent": np.log1p(silent / SECOND),
    }


def labelled(table: Table, symbols: list[str], events: Mapping[str, list[int]], tolerance: int = 15 * MINUTE) -> Flags:
    """Which rows lie within a tolerance of an event on their coin (microseconds, by ticker)."""
    out = np.zeros(len(table.rows), bool)
    groups = Groups.of(table.symbol, len(symbols))
    for code, symbol in enumerate(symbols):
        for when in events.get(symbol, ()):
            mine = groups.order[groups.begins[code] : groups.begins[code + 1]]
            out[mine[np.abs(table.at[mine] - when) <= tolerance]] = True
    return out
