"""A ring as it is measured: what its members did, together and apart, and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from detectors.coaction.context import Context
from detectors.coaction.evidence import Together
from detectors.coaction.ring import Ring
from detectors.coaction.streams import Stream
from detectors.coaction.sweep import Ints, Longs
from graph.model import Account

DAY = 86_400_000_000  # µs
PROFILES_READ = 300  # members whose profiles are read


class Acts:
    """All events of some streams, found by account: one index serves every ring of a search.

    Parameters
    ----------
    streams : sequence of Stream
        Layers that share their account codes.
    """

    def __init__(self, streams: Sequence[Stream]) -> None:
        self.streams = streams
        self._order = [np.argsort(s.sweep.actors, kind="stable") for s in streams]
        self._bounds = [
            np.searchsorted(s.sweep.actors[order], np.arange(len(s.codes) + 1))
            for s, order in zip(streams, self._order, strict=True)
        ]

    def of(self, stream: int, codes: Ints) -> Longs:
        """Places of the accounts' events in a stream, sorted, so in the order of objects and times."""
        order, bounds = self._order[stream], self._bounds[stream]
        places = [order[bounds[c] : bounds[c + 1]] for c in self.streams[stream].local(codes)]
        return np.sort(np.concatenate(places)).astype(np.int64) if places else np.empty(0, np.int64)


@dataclass(frozen=True)
class Own:
    """The events of a ring's members in one stream.

    Attributes
    ----------
    actors : ndarray of int32, shape (n_events,)
        Account codes that all streams share.
    things, times : ndarray, shape (n_events,)
        Codes of the stream's objects; µs.
    together : ndarray of bool, shape (n_events,)
        Whether the event's message is in one of the ring's bursts, in whichever stream.
    keys : list of str
        Messages.
    """

    stream: Stream
    actors: Ints
    things: Ints
    times: Longs
    together: npt.NDArray[np.bool_]
    keys: list[str]


@dataclass(frozen=True)
class Subject:
    """One ring, all that its members did, and what is loaded about them.

    Parameters
    ----------
    ring : Ring
        The ring.
    acts : Acts
        Events of all streams of the search.
    context : Context, optional
        What the store knows; without it whatever needs it is unknown.
    """

    ring: Ring
    acts: Acts
    context: Context | None = None

    @cached_property
    def own(self) -> tuple[Own, ...]:
        """Members' events, stream by stream; only streams in which they have any."""
        found = []
        for number, stream in enumerate(self.acts.streams):
            places = self.acts.of(number, self.ring.codes)
            if len(places):
                sweep = stream.sweep
                keys = sweep.ids.take(sweep.messages[places]).to_pylist()
                together = np.array([k in self.ring.messages for k in keys], bool)
                actors = stream.codes[sweep.actors[places]]
                found.append(Own(stream, actors, sweep.objects[places], sweep.times[places], together, keys))
        return tuple(found)

    @cached_property
    def apart(self) -> dict[int, list[int]]:
        """Times (µs) of each member's messages that are in no burst, each message once."""
        seen: dict[int, dict[str, int]] = {int(c): {} for c in self.ring.codes}
        for own in self.own:
            for actor, key, at, together in zip(own.actors, own.keys, own.times, own.together, strict=True):
                if not together:
                    seen[int(actor)].setdefault(key, int(at))
        return {actor: sorted(messages.values()) for actor, messages in seen.items()}

    @cached_property
    def on_shared(self) -> dict[int, dict[str, tuple[int, bool]]]:
        """Of each member, its messages on objects of the ring's bursts: time (µs), and whether in a burst itself."""
        found: dict[int, dict[str, tuple[int, bool]]] = {int(c): {} for c in self.ring.codes}
        shared = {id(t.stream): np.unique(t.things) for t in self.ring.togethers}
        for own in self.own:
            for i in np.flatnonzero(np.isin(own.things, shared.get(id(own.stream), ()))):
                found[int(own.actors[i])][own.keys[i]] = (int(own.times[i]), bool(own.together[i]))
        return found

    @cached_property
    def begins(self) -> int:
        """Time of the first event in a burst, µs."""
        return int(min(t.times.min() for t in self.ring.togethers))

    @cached_property
    def ends(self) -> int:
        """Time of the last event in a burst, µs."""
        return int(max(t.times.max() for t in self.ring.togethers))

    @cached_property
    def members(self) -> list[str]:
        """Account keys."""
        return [self.ring.names[c] for c in self.ring.codes]

    @cached_property
    def profiles(self) -> list[Account]:
        """Members that were observed, at most :data:`PROFILES_READ`."""
        if self.context is None:
            return []
        found = [self.context.account(key) for key in self.members[:PROFILES_READ]]
        return [p for p in found if p is not None]


def activity(acts: Acts, codes: Ints) -> dict[int, int]:
    """Number of messages of each account in the streams; a message in several streams is one."""
    found: dict[int, set[str]] = {int(c): set() for c in codes}
    for number, stream in enumerate(acts.streams):
        places = acts.of(number, codes)
        keys = stream.sweep.ids.take(stream.sweep.messages[places]).to_pylist()
        for actor, key in zip(stream.codes[stream.sweep.actors[places]].tolist(), keys, strict=True):
            found[actor].add(key)
    return {actor: len(keys) for actor, keys in found.items()}


def of_events(codes: Ints, names: Sequence[str], acts: Acts) -> Subject:
    """A ring of which nothing but events is known: no posts, no profiles."""
    togethers = tuple(t for s in acts.streams for t in [Together(s, codes)] if t.count)
    return Subject(Ring(codes, names, togethers, {}, activity(acts, codes)), acts)
