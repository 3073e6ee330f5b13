"""Rows brought together by key, however many: kept in memory while they fit, else in files, in parts of equal keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import ipc

SPILL_BYTES = 32 << 20
"""What one spool holds in memory before it writes."""
PARTS = 256
"""Parts that are told apart: a billion rows make parts of four million."""

Numbers: TypeAlias = npt.NDArray[np.int64]
Parting: TypeAlias = Callable[[pa.Array], Numbers]
"""The part, in [0, PARTS), of each value of a key column."""


def by_hash(keys: pa.Array) -> Numbers:
    """Parts of texts."""
    return np.fromiter((crc32(key) % PARTS for key in keys.cast(pa.binary()).to_pylist()), np.int64, len(keys))


def by_range(last: int) -> Parting:
    """Parts of numbers in [0, last], in their order."""
    return lambda keys: keys.to_numpy() * PARTS // (last + 1)


class Spool:
    """Rows of one schema, whose first column is the key.

    Parameters
    ----------
    path : Path
        Beginning of the names of its files.
    part : callable
        Tells the part of each key.
    """

    def __init__(self, path: Path, schema: pa.Schema, part: Parting = by_hash) -> None:
        self.schema = schema
        self.rows = 0
        self._path = path
        self._part = part
        self._held: list[pa.Table] = []
        self._bytes = 0
        self._files: list[Path] = []

    def add(self, rows: pa.Table) -> None:
        """Take rows."""
        if len(rows):
            self.rows += len(rows)
            self._held.append(rows.cast(self.schema))
            self._bytes += rows.nbytes
            if self._bytes > SPILL_BYTES:
                self._write()

    def parts(self) -> Iterator[pa.Table]:
        """All rows, those of one key together, parts in their order; the spool is empty afterwards."""
        if not self._files:
            if self._held:
                yield pa.concat_tables(self._held)
        else:
            if self._held:
                self._write()
            readers = [ipc.open_file(pa.memory_map(str(path))) for path in self._files]
            for part in range(PARTS):
                batches = [reader.get_batch(part) for reader in readers]
                if any(len(batch) for batch in batches):
                    yield pa.Table.from_batches(batches)
            for path in self._files:
                path.unlink()
        self._held, self._files, self._bytes, self.rows = [], [], 0, 0

    def _write(self) -> None:
        table = pa.concat_tables(self._held).combine_chunks()
        numbers = self._part(table.column(0).combine_chunks())
        order = np.argsort(numbers, kind="stable")
        bounds = np.searchsorted(numbers[order], np.arange(PARTS + 1))
        columns = [column.combine_chunks() for column in table.take(pa.array(order)).columns]
        batch = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        path = self._path.with_name(f"{self._path.name}.{len(self._files)}")
        with ipc.new_file(str(path), self.schema, options=ipc.IpcWriteOptions(compression="lz4")) as writer:
            for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
                writer.write_batch(batch.slice(start, end - start))
        self._files.append(path)
        self._held, self._bytes = [], 0
