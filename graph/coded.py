"""Events sorted and dictionary-coded, and how two of them become one without sorting again.

Sorted dictionaries and sorted events stay so by merging: what is new is looked up in what is there by bisection, codes
are renumbered, and rows are put where they belong. Only what is new is compared; what was there costs copying integers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TIME

Ints: TypeAlias = npt.NDArray[np.integer[Any]]
Mask: TypeAlias = npt.NDArray[np.bool_]

TEXTS = ("actor", "object", "message", "row")
COLUMNS = ("actor", "object", "at", "message", "row", "repost")
ORDER = ("object", "at", "actor", "message")
UNDATED = int(np.iinfo(np.int64).min)
"""Time of an event without one: before all others."""
RUNS = 256
"""So many runs of texts are copied one by one; more are gathered text by text."""
STEP = 64
"""Of sorted texts one in so many is compared first, as Python's own; the others by columns."""
NONE = -1
"""Code of a missing text: a post's event has no row of its own."""


@dataclass(frozen=True)
class Coded:
    """Events in the order of object, time, actor and message.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n_events,)
        ``actor``, ``object``, ``message``, ``row``: int32 codes; ``at``: int64 µs since 1970; ``repost``: bool. ``row``
        is the interaction that made the event, :data:`NONE` where a post did, whose key is the message.
    values : mapping of str to pyarrow.StringArray
        The texts that codes stand for: those in use, sorted.
    """

    columns: Mapping[str, npt.NDArray[Any]]
    values: Mapping[str, pa.Array]

    def __len__(self) -> int:
        return len(self.columns["at"])

    def keep(self, mask: Mask) -> Coded:
        """The events of a mask; values no longer in use are forgotten."""
        if mask.all():
            return self
        columns, values = {name: column[mask] for name, column in self.columns.items()}, dict(self.values)
        for name in TEXTS:
            columns[name], values[name] = _in_use(columns[name], values[name])
        return Coded(columns, values)

    def made_by(self, posts: pa.Array, interactions: pa.Array) -> Mask:
        """Which events rows of these keys have made."""
        rows = self.columns["row"]
        found = np.zeros(len(self), bool)
        if len(interactions):
            found |= _hits(rows, self.values["row"], interactions)
        if len(posts):
            found |= _hits(self.columns["message"], self.values["message"], posts) & (rows == NONE)
        return found

    def chosen(self, *, reposts: bool, start: datetime | None, end: datetime | None) -> tuple[Coded, int]:
        """Dated events with ``start <= at < end``, and how many are undated; what reposts carry only if asked for."""
        at, mask = self.columns["at"], np.ones(len(self), bool)
        if not reposts:
            mask &= ~self.columns["repost"]
        dated = at != UNDATED
        undated = int(np.count_nonzero(mask & ~dated))
        mask &= dated
        if start is not None:
            mask &= at >= pa.scalar(start, TIME).value
        if end is not None:
            mask &= at < pa.scalar(end, TIME).value
        return self.keep(mask), undated

    def table(self, schema: pa.Schema) -> pa.Table:
        """The events as Arrow, with dictionaries for texts."""
        arrays = {name: pa.array(self.columns[name]) for name in schema.names}
        for name in set(schema.names) & set(TEXTS):
            arrays[name] = pa.DictionaryArray.from_arrays(arrays[name], self.values[name])
        arrays["at"] = arrays["at"].cast(TIME)
        return pa.table([arrays[name] for name in schema.names], schema=schema)


def of_raw(raw: pa.Table) -> Coded:
    """Code and sort events whose texts are plain or dictionaries, as :data:`graph.projection.RAW` has them."""
    columns: dict[str, npt.NDArray[Any]] = {}
    values = {}
    for name in TEXTS:
        columns[name], values[name] = _coded(raw[name])
    columns["at"] = raw["at"].cast(pa.int64()).fill_null(UNDATED).to_numpy()
    columns["repost"] = raw["repost"].to_numpy()
    order = np.lexsort([columns[name] for name in reversed(ORDER)])
    return Coded({name: columns[name][order] for name in COLUMNS}, values)


def merged(ours: Coded, theirs: Coded) -> Coded:
    """All events of both; it costs least where the second has few."""
    if not len(theirs):
        return ours
    if not len(ours):
        return theirs
    numbers, others, values = {}, dict(theirs.columns), {}
    for name in TEXTS:
        values[name], places, places_of_theirs = _united(ours.values[name], theirs.values[name])
        numbers[name] = np.append(places, np.int32(NONE))  # NONE takes the last
        others[name] = _renumbered(others[name], places_of_theirs)

    def mine(name: str, at: Ints | slice) -> npt.NDArray[Any]:
        part = ours.columns[name][at]
        return numbers[name][part] if name in numbers else part

    before = _before(mine, len(ours), others)
    at = before + np.arange(len(before))
    rest = np.ones(len(ours) + len(theirs), bool)
    rest[at] = False
    columns = {}
    for name in COLUMNS:  # one after another: large arrays cost more to make than to fill
        whole = columns[name] = np.empty(len(rest), ours.columns[name].dtype)
        whole[rest] = mine(name, slice(None))
        whole[at] = others[name]
    return Coded(columns, values)


def _places(values: pa.Array, wanted: pa.Array) -> tuple[Ints, Mask]:
    """Where texts are, or would be, among sorted distinct ones; and which of them are there."""
    low, high = _near(values, wanted)
    found = _bisect(low, high, lambda at: _bools(pc.less(values.take(pa.array(at)), wanted)))
    there = found < len(values)
    there[there] = _bools(pc.equal(values.take(pa.array(found[there])), wanted.filter(pa.array(there))))
    return found, there


def _near(values: pa.Array, wanted: pa.Array) -> tuple[Ints, Ints]:
    """Between which numbers of sorted texts each of some others belongs, by comparing it with one in :data:`STEP`."""
    marks = values.take(pa.array(np.arange(0, len(values), STEP))).to_pylist()
    after = np.array([bisect_left(marks, text) for text in wanted.to_pylist()], np.int64)
    return np.maximum((after - 1) * STEP + 1, 0), np.minimum(after * STEP, len(values))


def _coded(column: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Codes of texts and their sorted distinct values."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    texts, codes = whole.dictionary, whole.indices.fill_null(NONE).to_numpy()
    order = pc.sort_indices(texts).to_numpy()
    numbers = np.empty(len(texts), np.int32)
    numbers[order] = np.arange(len(texts), dtype=np.int32)
    return _in_use(_renumbered(codes, numbers), texts.take(pa.array(order)))


def _in_use(codes: Ints, values: pa.Array) -> tuple[Ints, pa.Array]:
    used = np.zeros(len(values), bool)
    used[codes[codes != NONE]] = True
    if used.all():
        return codes, values
    return _renumbered(codes, np.cumsum(used, dtype=np.int32) - np.int32(1)), values.filter(pa.array(used))


def _renumbered(codes: Ints, numbers: Ints) -> Ints:
    if not len(numbers):
        return codes
    found: Ints = numbers[codes]  # NONE takes the last
    missing = codes == NONE
    if missing.any():
        found[missing] = NONE
    return found


def _hits(codes: Ints, values: pa.Array, wanted: pa.Array) -> Mask:
    found, there = _places(values, wanted)
    hit = np.zeros(len(values) + 1, bool)  # NONE takes the last, which nothing hits
    hit[found[there]] = True
    mask: Mask = hit[codes]
    return mask


def _united(ours: pa.Array, theirs: pa.Array) -> tuple[pa.Array, Ints, Ints]:
    """Sorted distinct texts of both, and the places there of either's."""
    before, there = _places(ours, theirs)
    fresh = ~there
    if not fresh.any():
        return ours, np.arange(len(ours), dtype=np.int32), before.astype(np.int32)
    passed = np.cumsum(np.bincount(before[fresh], minlength=len(ours) + 1), dtype=np.int32)[: len(ours)]
    mine = np.arange(len(ours), dtype=np.int32) + passed
    others = (before + np.cumsum(fresh) - fresh).astype(np.int32)
    return _woven(ours, theirs.filter(pa.array(fresh)), before[fresh]), mine, others


def _woven(ours: pa.Array, fresh: pa.Array, before: Ints) -> pa.Array:
    """Texts with others put in before those of given numbers, which ascend; copied in runs where they are long."""
    cuts, starts = np.unique(before, return_index=True)
    if len(cuts) > RUNS:
        order = np.insert(np.arange(len(ours)), before, np.arange(len(fresh)) + len(ours))
        return pa.concat_arrays([ours, fresh]).take(pa.array(order))
    parts, last = [], 0
    for cut, start, stop in zip(cuts.tolist(), starts.tolist(), [*starts.tolist()[1:], len(fresh)], strict=True):
        parts += [ours.slice(last, cut - last), fresh.slice(start, stop - start)]
        last = cut
    return pa.concat_arrays([*parts, ours.slice(last)])


def _before(ours: Callable[[str, Ints], npt.NDArray[Any]], size: int, theirs: Mapping[str, npt.NDArray[Any]]) -> Ints:
    """How many of the first's events come before each of the second's; ``ours`` gives a column at some of ``size``."""
    count = len(theirs["at"])

    def less(at: Ints) -> Mask:
        found, same = np.zeros(count, bool), np.ones(count, bool)
        for name in ORDER:
            here, there = ours(name, at), theirs[name]
            found |= same & (here < there)
            same &= here == there
        return found

    return _bisect(np.zeros(count, np.int64), np.full(count, size, np.int64), less)


def _bisect(low: Ints, high: Ints, less: Callable[[Ints], Mask]) -> Ints:
    """For each wanted thing, how many of a sorted sequence are less, which is known to be between two numbers.

    ``less`` compares those at given places.
    """
    last = int(high.max(initial=1)) - 1
    while (open_ := low < high).any():
        middle = np.minimum((low + high) // 2, last)
        smaller = less(middle)
        low = np.where(open_ & smaller, middle + 1, low)
        high = np.where(open_ & ~smaller, middle, high)
    return low


def _bools(found: pa.Array) -> Mask:
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask
