"""Both legs of a pump, put side by side: who pushed the coin before its price moved, who came after, and how it went.

Posts count from an hour before the onset to a quarter of an hour after it. *Pushers* are accounts that called the coin
(:mod:`detectors.announcing.calls`), the core of a ring that names such coins together beyond chance
(:mod:`detectors.coaction.engine`), accounts that were early at the moves of several coins together (more of them than
two crowds of such sizes share, given how active each account is), and accounts tied to these: posting with them before
the onset on a coin that hardly anybody names, or with them on several coins that moved. Everybody else who posts after
the onset has *reacted*. Accounts that are always late, as price bots are, push nothing, however well they keep
together: two pushers must have named the coin before its onset, here or at another move of theirs, or announced it.

The coin counts as pushed when it was named by a call, or when half of the pushers (two at least) had named it. A push
up to 120 s after the onset is one that insiders ran ahead of (La Morgia et al., 2020, allow as much); one that comes
later is chatter about a move, unless its announcement had been made before; after an hour it is that in any case.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from detectors.announcing.calls import Call
from detectors.coaction.null import tail
from detectors.pumping.posts import MINUTE, SPAN, WEEK, Board, Named, Ringed
from detectors.trading.moves import Move
from detectors.trading.reading import SECOND, Longs

BEFORE, AFTER = 60 * MINUTE, 15 * MINUTE
AHEAD = 120 * SECOND  # the market may be this much ahead of the push
CHATTER = 60 * MINUTE  # further ahead, it was no pump
CLOSE = 60 * SECOND  # posts this close are together
TOGETHER = 2  # pushers that two moves of one group share, and that are early at one
LEAST = 3  # accounts that two moves share, at least, to be tied by it
SURE = 0.01  # chance, over all pairs of moves, of tying two by accident
DAY = 86_400 * SECOND
TIED = 0.05  # chance, over all who are looked at, of taking one in by accident


@dataclass(frozen=True)
class Pump:
    """A move of a market and the push it belongs to.

    Attributes
    ----------
    move : Move
        What the market did.
    calls : tuple of Call
        Calls on the coin that belong to it.
    ring : Ringed or None
        The ring whose members take part.
    posts : Named
        All posts on the coin around the onset.
    pushers : mapping of int to str
        Accounts that pushed, and why each counts as such.
    reacted : tuple of int
        Accounts that first named it after the onset, in the order in which they did, and are not pushers.
    bystanders : int
        Accounts that named it before the onset and are not tied to the pushers.
    first, pushed : int
        First post of the push (its announcement counts), and when the coin had been pushed; µs.
    """

    move: Move
    calls: tuple[Call, ...]
    ring: Ringed | None
    posts: Named
    pushers: dict[int, str]
    reacted: tuple[int, ...]
    bystanders: int
    first: int
    pushed: int
    others: tuple[str, ...] = ()  # other coins that the same accounts pushed when they moved

    @property
    def lead(self) -> int:
        """Onset less push, µs; negative: the market was first. 0 where candles are too long to tell."""
        gap = self.move.onset - self.pushed
        return 0 if not self.move.fine and -self.move.resolution <= gap <= 0 else gap

    @property
    def mine(self) -> Named:
        """The pushers' posts."""
        return self.posts.of(self.pushers)


class Joiner:
    """Joins moves with calls and rings."""

    def __init__(self, board: Board, rings: Sequence[Ringed], outside: Collection[str]) -> None:
        self.board, self.rings = board, rings
        self.outside = board.coded(outside)  # official accounts and services push nothing

    def join(self, moves: Sequence[Move], calls: Sequence[Call]) -> list[Pump]:
        """The moves that were pushed, in their order."""
        by_ticker: dict[str, list[Call]] = {}
        for call in calls:
            by_ticker.setdefault(call.ticker, []).append(call)
        again = self._recurring(moves)
        found = [
            p
            for m, some in zip(moves, again, strict=True)
            if (p := self._seeded(m, by_ticker.get(m.ticker, ()), some)) is not None
        ]
        found = [self._grown(p, [o for o in found if o is not p]) for p in found]
        found = [p for p in found if in_time(p)]
        return [p for p in found if any(_leads(o) for o in found if o is p or len(_shared(o, p)) >= TOGETHER)]

    def _recurring(self, moves: Sequence[Move]) -> list[Longs]:
        """Of each move, accounts that were early at it and, with the same others, at another one.

        Two moves share λ = n m Σ w² / (Σ w)² early accounts by chance, n and m the numbers of accounts early at either
        and w how often each account names any ticker.
        """
        from scipy.sparse import csr_array

        early = [self._early(m) for m in moves]
        bounds = np.concatenate([[0], np.cumsum([len(e) for e in early])]).astype(np.int64)
        shape = (len(moves), max(len(self.board.names), 1))
        flat = np.concatenate([np.empty(0, np.int64), *early])
        taken = csr_array((np.ones(len(flat)), flat, bounds), shape=shape)
        shared = (taken @ taken.T).tocoo()
        active = self.board.activity
        rate = float((active**2).sum() / max(active.sum(), 1.0) ** 2)
        pairs = max(len(moves) * (len(moves) - 1) / 2, 1.0)
        found: list[list[Longs]] = [[np.empty(0, np.int64)] for _ in moves]
        for i, j, count in zip(shared.row.tolist(), shared.col.tolist(), shared.data.tolist(), strict=True):
            if (
                count < LEAST
                or (moves[i].ticker == moves[j].ticker and abs(moves[i].onset - moves[j].onset) < DAY)
                or i == j
            ):
                continue
            if float(tail(int(count), len(early[i]) * len(early[j]) * rate)) * pairs <= SURE:
                found[i].append(np.intersect1d(early[i], early[j]))
        return [np.unique(np.concatenate(f)) for f in found]

    def _early(self, move: Move) -> Longs:
        """Accounts that named the coin before a move or as it began, sorted."""
        near = self.board.on(move.ticker).between(move.onset - BEFORE, move.onset + move.resolution + AHEAD)
        people = np.unique(near.who).astype(np.int64)
        return people[~np.isin(people, sorted(self.outside))]

    def _seeded(self, move: Move, calls: Sequence[Call], again: Longs) -> Pump | None:
        """The move with those whom a call, a ring or other moves tie to it; None where there are none."""
        posts = self.board.on(move.ticker).between(move.onset - BEFORE, move.onset + move.resolution + AFTER)
        mine = tuple(c for c in calls if _belongs(c, move))
        limit = move.onset + max(move.resolution, AHEAD)  # a call goes on while others react to it
        callers = [code for c in mine for code in sorted(self.board.coded(c.accounts))]
        pushers = {c: "called the coin" for c in callers if posts.first.get(c, limit + 1) <= limit}
        ring = self._ring(posts)
        for code in ring.core if ring else ():
            if code in posts.first:
                pushers.setdefault(code, "is of a ring that names coins together")
        for code in again.tolist():
            pushers.setdefault(code, "was early at several coins' moves with the same others")
        pushers = {c: why for c, why in pushers.items() if c not in self.outside and c in posts.first}
        if len(pushers) < 2 or (len(pushers) < 3 and not mine):
            return None
        return _timed(Pump(move, mine, ring, posts, pushers, (), 0, 0, 0))

    def _ring(self, posts: Named) -> Ringed | None:
        """The ring most of whose core takes part, three accounts at least."""
        here = posts.first
        parts = [(sum(c in here for c in r.core), -i, r) for i, r in enumerate(self.rings)]
        best = max(parts, default=None, key=lambda x: x[:2])
        return best[2] if best and best[0] >= 3 else None

    def _grown(self, pump: Pump, others: Sequence[Pump]) -> Pump:
        """With the accounts tied to its pushers, and with those that merely reacted."""
        friends = [o for o in others if len(_shared(o, pump)) >= TOGETHER]
        candidates = [c for c in pump.posts.first if c not in pump.pushers and c not in self.outside]
        taken = dict(pump.pushers)
        for code in candidates:
            p, why = min(self._alone(pump, code), self._again(code, friends))
            if p * len(candidates) <= TIED:
                taken[code] = why
        late = pump.move.onset + (0 if pump.move.fine else pump.move.resolution)
        rest = [c for c in pump.posts.first if c not in taken]
        reacted = tuple(c for c in rest if pump.posts.first[c] > late)
        coins = tuple(sorted({o.move.ticker for o in friends} - {pump.move.ticker}))
        grown = replace(pump, pushers=taken, reacted=reacted, bystanders=len(rest) - len(reacted), others=coins)
        return _timed(grown)

    def _alone(self, pump: Pump, code: int) -> tuple[float, str]:
        """Posting beside pushers in the week before the onset: how likely for anybody, by the coin's own past."""
        whole = self.board.on(pump.move.ticker)
        early = whole.between(pump.move.onset - WEEK, pump.move.onset)
        own, theirs = early.of({code}), early.of(pump.pushers)
        if not len(own) or not len(theirs):
            return 1.0, ""
        place = np.searchsorted(theirs.at, own.at)
        gaps = [np.abs(own.at - theirs.at[np.clip(place - k, 0, len(theirs) - 1)]) for k in (0, 1)]
        met = occasions(own.at[np.minimum(*gaps) <= CLOSE])
        expected, _ = whole.surprise(1, pump.move.onset - BEFORE)
        p = float(tail(met, expected / SPAN * _length(theirs.at, CLOSE))) if met else 1.0
        return p, f"named it within {CLOSE // SECOND} s of pushers before the onset"

    def _again(self, code: int, friends: Sequence[Pump]) -> tuple[float, str]:
        """Posting on other coins that the same accounts pushed, when they moved: how likely for one who reacts."""
        there = [o for o in friends if code in o.posts.first]
        if not there:
            return 1.0, ""
        active = max(len(self.board.names), 1)
        share = float(np.mean([len(o.posts.first) / active for o in friends]))
        p = float(tail(len(there), share * len(friends)))
        return p, f"named {len(there) + 1} coins with pushers when they moved"


def occasions(at: Longs) -> int:
    """Posts of sorted times (µs), those close to the one before not counted."""
    return int(len(at) and 1 + (np.diff(at) > CLOSE).sum())


def _length(at: Longs, width: int) -> int:
    """Length (µs) of the union of ``at ± width``, sorted."""
    return int(2 * width + np.minimum(np.diff(at), 2 * width).sum())


def _belongs(call: Call, move: Move) -> bool:
    """Whether a call may be the push of a move."""
    announced = micros(call.announced)
    end = move.onset + move.resolution
    return move.onset - BEFORE <= announced <= end + CHATTER and call.direction * move.sign >= 0


def _timed(pump: Pump) -> Pump:
    """With its first post and the moment at which the coin had been pushed."""
    firsts = sorted(at for code, at in pump.posts.first.items() if code in pump.pushers)
    half = firsts[max(len(firsts) // 2, 2) - 1] if len(firsts) >= 2 else firsts[0]
    first = min([firsts[0], *(micros(c.first) for c in pump.calls)])
    pushed = min([half, *(micros(c.announced) for c in pump.calls)])
    return replace(pump, first=first, pushed=pushed)


def in_time(pump: Pump) -> bool:
    """Whether the push came before the market's move, or so soon after its beginning that it can be behind it."""
    if pump.lead >= -AHEAD:
        return True
    announced = [c for c in pump.calls if c.countdowns and micros(c.first) <= pump.move.onset]
    return bool(announced) and pump.lead >= -CHATTER


def _shared(one: Pump, other: Pump) -> set[int]:
    return one.pushers.keys() & other.pushers.keys()


def _leads(pump: Pump) -> bool:
    """Whether two pushers had named the coin when its price began to move, or it had been announced."""
    limit = pump.move.onset + pump.move.resolution
    early = sum(pump.posts.first[c] <= limit for c in pump.pushers)
    return early >= TOGETHER or any(c.countdowns and micros(c.first) <= pump.move.onset for c in pump.calls)


def micros(moment: datetime) -> int:
    """A time in µs since 1970."""
    return round(moment.timestamp() * SECOND)
