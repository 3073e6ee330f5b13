"""Weighted edges between accounts, and columns that grow: in memory up to a bound, beyond it in temporary files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Edges:
    """Directed weights between accounts, sorted by source and target.

    Parameters
    ----------
    source, target : ndarray of int32, shape (n_edges,)
        Codes into ``names``.
    weight : ndarray of int32, shape (n_edges,)
        How often the source met the target, ≥ 1.
    names : pyarrow.Array
        Account keys.
    """

    source: Ints
    target: Ints
    weight: Ints
    names: pa.Array

    def __len__(self) -> int:
        return len(self.source)

    def table(self) -> pa.Table:
        """Columns source, target (account keys) and weight."""
        return _table(self)

    def parts(self, rows: int = 1_000_000) -> Iterator[Edges]:
        """The same edges in pieces of so many, in their order: for writing what is larger than memory."""
        for at in range(0, len(self), rows):
            cut = slice(at, at + rows)
            yield replace(self, source=self.source[cut], target=self.target[cut], weight=self.weight[cut])


@dataclass(frozen=True)
class Decays:
    """Like :class:`Edges`, with real weights: those of the exponential kernel.

    Parameters
    ----------
    source, target : ndarray of int32, shape (n_edges,)
        Codes into ``names``.
    weight : ndarray of float64, shape (n_edges,)
        Sum over the source's messages of exp(−|Δt| / τ), Δt to the target's nearest message; > 0.
    names : pyarrow.Array
        Account keys.
    """

    source: Ints
    target: Ints
    weight: Floats
    names: pa.Array

    def __len__(self) -> int:
        return len(self.source)

    def table(self) -> pa.Table:
        """Columns source, target (account keys) and weight."""
        return _table(self)


def _table(edges: Edges | Decays) -> pa.Table:
    return pa.table(
        {
            "source": edges.names.take(pa.array(edges.source)),
            "target": edges.names.take(pa.array(edges.target)),
            "weight": edges.weight,
        }
    )


class Gathered:
    """Columns put together from parts; what is more than ``limit`` bytes goes to temporary files.

    The files have no name: nothing is left of them when the process ends, however it ends. They lie where
    :func:`tempfile.gettempdir` says (``TMPDIR`` chooses) and are mapped into memory when all parts are there, so that
    who reads the columns sees arrays either way.

    Parameters
    ----------
    dtypes : sequence of type
        Of the columns.
    limit : int
        Bytes held in memory at most, before they are put together.
    """

    def __init__(self, dtypes: Sequence[type[np.generic]], limit: int) -> None:
        self.dtypes = [np.dtype(t) for t in dtypes]
        self.limit = limit
        self.held = 0
        self.rows = 0
        self.parts: list[Sequence[npt.NDArray[Any]]] = []
        self.files: list[IO[bytes]] = []

    @property
    def spilled(self) -> bool:
        """Whether there was too much for memory."""
        return bool(self.files)

    def add(self, *columns: npt.NDArray[Any]) -> None:
        """Rows that come after those before."""
        self.parts.append(columns)
        self.rows += len(columns[0])
        self.held += sum(column.nbytes for column in columns)
        if self.held > self.limit:
            self._spill()

    def columns(self) -> list[npt.NDArray[Any]]:
        """All rows, column by column; to be asked for once."""
        if not self.files:
            held = [[part[c] for part in self.parts] for c in range(len(self.dtypes))]
            self.parts = []
            return [np.concatenate(held.pop(0) or [np.empty(0, t)], dtype=t) for t in self.dtypes]
        self._spill()
        out = []
        for file, dtype in zip(self.files, self.dtypes, strict=True):
            file.flush()
            out.append(np.asarray(np.memmap(file, dtype, "r", shape=(self.rows,))))
            file.close()
        return out

    def _spill(self) -> None:
        if not self.files:
            self.files = [tempfile.TemporaryFile() for _ in self.dtypes]  # noqa: SIM115 (closed once they are mapped)
        for part in self.parts:
            for file, column, dtype in zip(self.files, part, self.dtypes, strict=True):
                file.write(np.ascontiguousarray(column, dtype).data)
        self.parts, self.held = [], 0
