"""Rows of one table that a transaction has written or deleted and not yet committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

from graph.schema import Table
from graph.store import Written
from graph.stores.neo4jdb.codec import digests, ids


class Found(NamedTuple):
    """What the database has under an id: the row's digest and number, none for a stub."""

    digest: int
    row: int | None


Entry: TypeAlias = tuple[int, int]
"""Where a row to be written lies: batch and place. A plain pair: there are as many as rows."""
Look = Callable[[Sequence[str]], dict[str, Found]]


@dataclass
class Kept:
    """Rows of one batch that are to be written, with their ids."""

    batch: pa.RecordBatch
    ids: list[str]


@dataclass
class Pending:
    """What becomes of a table's rows.

    Attributes
    ----------
    entries : dict
        Rows to be written, by id.
    ended : dict
        Row numbers of current versions that end, by id: replaced if the id is among the entries, else deleted.
    stubs : set
        Ids of entries whose node is there without a row.
    """

    table: Table
    look: Look
    entries: dict[str, Entry] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    stubs: set[str] = field(default_factory=set)
    _batches: list[pa.RecordBatch] = field(default_factory=list)
    _contents: dict[int, list[int]] = field(default_factory=dict)  # digests by batch, where any were compared

    def write(self, batch: pa.RecordBatch) -> Written:
        """Add rows; the last of a repeated key wins."""
        report = Written()
        names, number = ids(self.table, batch), len(self._batches)
        self._batches.append(batch)
        last = dict(zip(names, range(len(names)), strict=True))
        if len(last) < len(names):
            contents = self._digests(number)
            lost = [i for i, name in enumerate(names) if last[name] != i]
            changed = [i for i in lost if contents[i] != contents[last[names[i]]]]
            report.unchanged += len(lost) - len(changed)
            report.note(self.table, batch, changed)
        unknown = [name for name in last if name not in self.entries and name not in self.ended]
        there = self.look(unknown) if unknown else {}
        if not there and len(unknown) == len(last):  # a first load: nothing to compare with
            self.entries.update(zip(last, zip(repeat(number), last.values(), strict=False), strict=True))
            report.new += len(last)
            return report
        changed = []
        for name, place in last.items():
            state = self._put(name, (number, place), there.get(name))
            if state == "new":
                report.new += 1
            elif state == "changed":
                changed.append(place)
            else:
                report.unchanged += 1
        report.note(self.table, batch, changed)
        return report

    def _put(self, name: str, entry: Entry, found: Found | None) -> str:
        """Take one row in; whether it is new, changed or unchanged."""
        mine = self.entries.get(name)
        if mine is not None:
            if self._digest(mine) == self._digest(entry):
                return "unchanged"
            self.entries[name] = entry
            return "changed"
        if found is not None and found.row is not None:
            if found.digest == self._digest(entry):
                return "unchanged"
            self.ended[name] = found.row
            self.entries[name] = entry
            return "changed"
        if found is not None:
            self.stubs.add(name)
        self.entries[name] = entry
        return "new"

    def _digest(self, entry: Entry) -> int:
        return self._digests(entry[0])[entry[1]]

    def _digests(self, number: int) -> list[int]:
        """Digests of one batch's rows, made when first asked for."""
        if number not in self._contents:
            self._contents[number] = digests(self._batches[number])
        return self._contents[number]

    def delete(self, keys: pa.RecordBatch) -> int:
        """Take rows out; how many there were."""
        names = list(dict.fromkeys(ids(self.table, keys.select(list(self.table.key)))))
        unknown = [name for name in names if name not in self.entries and name not in self.ended]
        there = self.look(unknown) if unknown else {}
        count = 0
        for name in names:
            if self.entries.pop(name, None) is not None:
                self.stubs.discard(name)
                count += 1
            elif name not in self.ended and name in there and (row := there[name].row) is not None:
                self.ended[name] = row
                count += 1
        return count

    def kept(self) -> list[Kept]:
        """The rows to be written, in the order they came."""
        places: list[list[int]] = [[] for _ in self._batches]
        names: list[list[str]] = [[] for _ in self._batches]
        for name, (number, place) in self.entries.items():
            places[number].append(place)
            names[number].append(name)
        found = []
        for batch, taken, mine in zip(self._batches, places, names, strict=True):
            if taken:
                whole = len(taken) == len(batch) and taken == list(range(len(batch)))
                rows = batch if whole else batch.take(pa.array(np.array(taken, dtype=np.int64)))
                found.append(Kept(rows, mine))
        return found

    @property
    def deleted(self) -> list[str]:
        """Ids of rows that end and are not replaced."""
        return [name for name in self.ended if name not in self.entries]
