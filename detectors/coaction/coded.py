"""Event tables as arrays: codes and times, sorted by object and time."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.edges import Ints, Longs

D = TypeVar("D", bound=np.generic)

ALL: Ints = np.empty(0, np.int32)  # the order 0, 1, 2 …
ALL.flags.writeable = False
COLUMNS = ("actor", "object", "message")
MICROSECONDS = 1_000_000
LONGEST = int(np.iinfo(np.int64).max)  # µs; a wider window holds all times there are
MOST_EVENTS = int(np.iinfo(np.int32).max)


class Events(NamedTuple):
    """Coded events (times in µs); arrays are not to be written through."""

    actors: Ints
    objects: Ints
    messages: Ints
    times: Longs

    def take(self, chosen: npt.NDArray[np.bool_] | Ints) -> Events:
        """Some of the events."""
        actors, objects, messages, times = self
        return Events(still(actors[chosen]), still(objects[chosen]), still(messages[chosen]), still(times[chosen]))

    def begin(self, objects: int) -> Ints:
        """Where each object's events begin, sorted by object; one more than ``objects``."""
        from detectors.coaction import kernels

        return still(kernels.starts(self.objects, objects))

    def sort(self, objects: int) -> Events:
        """The events by object and time; as they are where they are so already."""
        from detectors.coaction import kernels

        if not len(self.times):
            return self
        kind = kernels.sortedness(self.objects, self.times)
        if kind == kernels.BY_OBJECT:
            return self
        order = ALL if kind == kernels.BY_TIME else still(np.argsort(self.times).astype(np.int32))
        actors, things, messages, times = kernels.arranged(order, self.begin(objects), *self)
        return Events(still(actors), still(things), still(messages), still(times))

    def join(self, other: Events, objects: int) -> Events:
        """These events and others, sorted."""
        joined = Events(
            still(np.concatenate([self.actors, other.actors])),
            still(np.concatenate([self.objects, other.objects])),
            still(np.concatenate([self.messages, other.messages])),
            still(np.concatenate([self.times, other.times])),
        )
        return joined.sort(objects)


def width_of(window_s: float) -> int:
    """A window in µs, from seconds.

    Raises
    ------
    ValueError
        It is negative, infinite or no number.
    """
    if window_s < 0:
        raise ValueError(f"window_s is {window_s}, less than 0")
    if not math.isfinite(window_s):
        raise ValueError(f"window_s is {window_s}: a number of seconds is needed")
    return min(round(window_s * MICROSECONDS), LONGEST)


def still(array: npt.NDArray[D]) -> npt.NDArray[D]:
    """The array, not to be written through: one kind of array, one compilation."""
    view = array.view()
    view.flags.writeable = False
    return view


def read(table: pa.Table) -> tuple[Events, tuple[pa.Array, pa.Array, pa.Array]]:
    """The whole events of an event table, sorted, and the keys of its accounts, objects and messages.

    Raises
    ------
    ValueError
        There are 2³¹ events or more.
    """
    if table.num_rows > MOST_EVENTS:
        raise ValueError(f"{table.num_rows} events: at most {MOST_EVENTS} at once")
    table = _whole(table)
    actor, thing, message = (_dictionary(table[name]) for name in COLUMNS)
    events = Events(_codes(actor), _codes(thing), _codes(message), still(table["at"].cast(pa.int64()).to_numpy()))
    return events.sort(len(thing.dictionary)), (actor.dictionary, thing.dictionary, message.dictionary)


def _whole(table: pa.Table) -> pa.Table:
    """The events that have an account, an object, a time and a message."""
    table = table.select([*COLUMNS, "at"])
    if not any(column.null_count for column in table.columns):
        return table
    actor, thing, message, at = (pc.is_valid(column) for column in table.columns)
    return table.filter(pc.and_(pc.and_(actor, thing), pc.and_(message, at)))


def _dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    if not len(column):
        return pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column.unify_dictionaries().combine_chunks()


def _codes(column: pa.DictionaryArray) -> Ints:
    return still(column.indices.to_numpy().astype(np.int32, copy=False))
