"""What lies behind a ring: the objects, the messages and the times. Looked up only for the few that are significant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from detectors.coaction.actions import ACTIONS, node_of
from detectors.coaction.engine import Found
from detectors.coaction.null import Floats, tail
from detectors.coaction.streams import Interests, Stream
from detectors.coaction.sweep import MICROSECONDS, Ints, Longs
from graph.findings import Evidence
from graph.model import NodeRef, NodeType

POSTS_SHOWN = 60  # messages that one piece of evidence names
THINGS_SHOWN = 8  # objects of one action that are evidence each


class Together:
    """Those events of a ring, in one stream, that have another member's event on the same object within the window.

    They fall into bursts: on one object, each within a window of the one before. A burst has two members or more.

    Attributes
    ----------
    actors : ndarray of int32, shape (n_events,)
        Codes that all streams share.
    things, messages, times, bursts : ndarray, shape (n_events,)
        Codes of the stream's sweep, µs, and the number of the burst.
    """

    def __init__(self, stream: Stream, ring: Ints) -> None:
        self.stream, self.ring = stream, ring
        part, mine = stream.sweep.only(stream.among(ring))
        partnered = _partnered(part.actors, part.objects, part.times, part.width)
        self.actors: Ints = stream.codes[mine[part.actors[partnered]]]
        self.things: Ints = part.objects[partnered]
        self.messages: Ints = part.messages[partnered]
        self.times: Longs = part.times[partnered]
        begins = (np.diff(self.things) != 0) | (np.diff(self.times) > part.width)
        self.bursts: Longs = np.concatenate([[0], np.cumsum(begins)]) if len(self.times) else np.empty(0, np.int64)

    @property
    def count(self) -> int:
        """Number of bursts."""
        return int(self.bursts[-1]) + 1 if len(self.bursts) else 0

    @cached_property
    def occasions(self) -> Longs:
        """The occasion of each event: bursts that share a message are one, so that a post with ten tickers is one."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        bursts = self.bursts
        _, messages = np.unique(self.messages, return_inverse=True)
        size = self.count + int(messages.max(initial=-1)) + 1
        links = coo_array((np.ones(len(bursts), np.int8), (bursts, self.count + messages)), shape=(size, size))
        _, labels = connected_components(links, directed=False)
        found: Longs = labels[bursts].astype(np.int64)
        return found

    @cached_property
    def keys(self) -> list[str]:
        """Key of each event's message."""
        found: list[str] = self.stream.sweep.ids.take(pa.array(self.messages)).to_pylist()
        return found

    @cached_property
    def by_thing(self) -> list[tuple[int, int]]:
        """Objects and their bursts, most first."""
        _, first = np.unique(self.bursts, return_index=True)
        codes, counts = np.unique(self.things[first], return_counts=True)
        return sorted(zip(codes.tolist(), counts.tolist(), strict=True), key=lambda x: (-x[1], x[0]))

    @cached_property
    def expected(self) -> Floats:
        """Meetings that the null expects of the ring, by object."""
        return self.stream.null.expected_on(self.stream.local(self.ring))

    @cached_property
    def of_members(self) -> Floats:
        """Meetings with the rest of the ring that the null expects, by member in the stream."""
        return self.stream.null.expected_of(self.stream.local(self.ring))

    def share(self, count: int) -> Floats:
        """By account code, the share of the bursts that it took part in; ``count`` accounts there are."""
        taken = np.unique(np.stack([self.actors.astype(np.int64), self.bursts]), axis=1)[0]
        return np.bincount(taken, minlength=count) / max(self.count, 1)

    def meetings(self, thing: int | None = None) -> int:
        """How often two members met, over all pairs, on one object or on any; within a window a pair meets once."""
        stream, mine = self.stream, self.stream.among(self.ring)
        part, _ = stream.sweep.only(mine if thing is None else mine & (stream.sweep.objects == thing))
        return int(part.by_occasion().weight.sum()) // 2  # each meeting is seen from both sides

    def thing(self, code: int) -> str:
        """An object by its code."""
        return str(self.stream.sweep.things[code])


@dataclass(frozen=True)
class Piece:
    """A piece of evidence and the object it is about."""

    evidence: Evidence
    together: Together
    thing: int


def on_things(together: Together, names: Sequence[str], posts: Collection[str], limits: list[str]) -> list[Piece]:
    """One piece of evidence for each object on which the ring met most often; says in ``limits`` what is left out.

    ``posts`` tells which messages are posts; the others are interactions.
    """
    action = ACTIONS[together.stream.action]
    window = together.stream.sweep.width / MICROSECONDS
    pieces = []
    for code, _ in together.by_thing[:THINGS_SHOWN]:
        events = np.flatnonzero(together.things == code)
        thing = together.thing(code)
        keys = sorted({together.keys[e] for e in events})
        accounts = [NodeRef(NodeType.ACCOUNT, names[a]) for a in np.unique(together.actors[events])]
        expected = float(together.expected[code])
        measure = f"{action.shown(thing)} within {window:g} s of each other"
        nodes = (*node_of(action, thing), *accounts)
        # meetings of many pairs in one burst are no independent events: there is no p for their number
        found = _evidence(measure, (together.meetings(code), expected, None), nodes, keys, posts)
        pieces.append(Piece(found, together, code))
        if len(keys) > POSTS_SHOWN:
            limits.append(f"{measure}: {POSTS_SHOWN} of {len(keys)} posts are named with this measurement")
    rest = len(together.by_thing) - THINGS_SHOWN
    if rest > 0:
        more = f"{rest} further objects" if rest > 1 else "1 further object"
        limits.append(f"{together.stream.action}: {more}, on which members met as well, not shown")
    return pieces


def on_member(
    togethers: Sequence[Together], member: int, names: Sequence[str], posts: Collection[str]
) -> Evidence | None:
    """The evidence against one member itself: how often it met others, in the stream where that is least expected."""
    found: list[tuple[float, int, Evidence]] = []
    for together in togethers:
        events = np.flatnonzero(together.actors == member)
        if not len(events):
            continue
        # a message about ten objects is in ten bursts, and one occasion to those who sent it
        occasions = min(len(np.unique(together.bursts[events])), len(np.unique(together.messages[events])))
        local = together.stream.local(together.ring)
        place = np.searchsorted(together.stream.codes[local], member)
        expected = float(together.of_members[place])
        p = float(tail(occasions, expected))
        window = together.stream.sweep.width / MICROSECONDS
        measure = f"own posts within {window:g} s of another member's ({together.stream.action})"
        account = (NodeRef(NodeType.ACCOUNT, names[member]),)
        keys = sorted({together.keys[e] for e in events})
        found.append(
            (p, -occasions, _evidence(measure, (occasions, expected, p), account, keys, posts, unit="occasions"))
        )
    return min(found, key=lambda x: x[:2])[2] if found else None


def rests_on(pieces: Sequence[Piece], found: Found, interests: Interests, ring: Ints) -> tuple[list[Piece], bool]:
    """The smallest set of pieces found without which no ring would be flagged, and whether leaving it out suffices.

    Pieces are left out, most occasions first, until nothing fires; then each is put back that was not needed.
    """
    streams = interests.streams
    parts = [s.sweep.only(s.among(ring)) for s in streams]
    layers = {layer.action: number for number, layer in enumerate(found.surprisal.layers)}

    def holds(out: Sequence[Piece]) -> bool:
        left, codes = [], []
        for stream, (part, mine) in zip(streams, parts, strict=True):
            gone = [p.thing for p in out if p.together.stream is stream]
            kept, own = part.only(~np.isin(part.objects, gone))
            left.append(kept)
            codes.append(mine[own])
        without = [found.surprisal.code(layers[p.together.stream.action], p.together.thing(p.thing)) for p in out]
        return found.fires(ring, without, interests.on(left, codes))

    out: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: (-p.evidence.value, p.evidence.measure)):
        out.append(piece)
        if not holds(out):
            break
    else:
        return out, False
    for piece in list(out):
        without = [p for p in out if p is not piece]
        if without and not holds(without):
            out = without
    return out, True


def _partnered(actors: Ints, things: Ints, times: Longs, width: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which events have another account's event on their object within the width; sorted by object and time.

    The nearest such event is next to the run of the account's own events on both sides.
    """
    n = len(actors)
    if not n:
        return np.empty(0, bool)
    border = np.flatnonzero((np.diff(actors) != 0) | (np.diff(things) != 0)) + 1
    run = np.searchsorted(border, np.arange(n), side="right")
    begins, ends = np.concatenate([[0], border]), np.concatenate([border, [n]])
    before, after = np.maximum(begins[run] - 1, 0), np.minimum(ends[run], n - 1)

    def near(other: Longs) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        close: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
            (things[other] == things) & (actors[other] != actors) & (np.abs(times[other] - times) <= width)
        )
        return close

    return near(before) | near(after)


def _evidence(
    measure: str,
    numbers: tuple[int, float, float | None],
    nodes: tuple[NodeRef, ...],
    messages: Sequence[str],
    posts: Collection[str],
    *,
    unit: str = "meetings",
) -> Evidence:
    value, expected, p = numbers
    shown = [key for key in messages if key in posts][:POSTS_SHOWN]
    acts = [key for key in messages if key not in posts][:POSTS_SHOWN]
    refs = (*nodes, *(NodeRef(NodeType.POST, key) for key in shown))
    chance = None if p is None else three_digits(p)
    return Evidence(measure, value, three_digits(expected), chance, unit, refs, tuple(acts))


def three_digits(value: float) -> float:
    """Three significant digits: what a person compares, and what sums in any order agree on."""
    return float(f"{value:.3g}")
