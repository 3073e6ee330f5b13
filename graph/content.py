"""One number for the content of many rows, whatever their order: to tell whether two stores hold the same.

A row's bytes are its values one after another, each with its length before it, so that no two rows share them:
``3:abc`` for text and for the decimal digits of numbers, times in µs since 1970 and booleans (0, 1); ``-`` for null;
for a list the number of its elements, ``[`` and the elements. The number is the sum of the rows' 128-bit BLAKE2b
digests modulo 2^128.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TEXTS, TIME

NAME = "BLAKE2b-128 of each row, summed modulo 2^128"
_TEXT = pa.large_string()  # 64-bit offsets: the rows' bytes may be more than the columns'
_BYTES = 16
_MODULUS = 1 << 8 * _BYTES


@dataclass
class Content:
    """How many rows there are, and their number."""

    rows: int = 0
    sum: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch's rows in."""
        self.rows += len(batch)
        digests = (blake2b(row, digest_size=_BYTES).digest() for row in encoded(batch).to_pylist())
        self.sum = (self.sum + sum(int.from_bytes(digest, "big") for digest in digests)) % _MODULUS

    @property
    def hash(self) -> str:
        """The number as 32 hexadecimal digits."""
        return f"{self.sum:0{2 * _BYTES}x}"

    def __str__(self) -> str:
        return f"{self.rows:,} rows with hash {self.hash}"


def content(batches: Iterable[pa.RecordBatch]) -> Content:
    """The content of batches of one schema."""
    found = Content()
    for batch in batches:
        found.add(batch)
    return found


def encoded(batch: pa.RecordBatch) -> pa.Array:
    """Each row's bytes."""
    values = [_list(column) if column.type == TEXTS else _value(column) for column in batch.columns]
    return _join(*values, separator="").cast(pa.large_binary())


def _value(column: pa.Array) -> pa.Array:
    if column.type == TIME:
        column = column.cast(pa.int64())
    elif column.type == pa.bool_():
        column = column.cast(pa.int8())
    text = column.cast(_TEXT)
    length = pc.binary_length(text).cast(_TEXT)
    return _join(length, text, separator=":").fill_null("-")


def _list(column: pa.Array) -> pa.Array:
    lengths = pc.list_value_length(column)
    ends = pc.cumulative_sum(lengths.fill_null(0).cast(pa.int64()))
    starts = pa.concat_arrays([pa.array([0], pa.int64()), ends])
    joined = pc.binary_join(
        pa.LargeListArray.from_arrays(starts, _value(pc.list_flatten(column))), pa.scalar("", _TEXT)
    )
    return _join(lengths.cast(_TEXT), joined, separator="[").fill_null("-")


def _join(*columns: pa.Array, separator: str) -> pa.Array:
    return pc.binary_join_element_wise(*columns, pa.scalar(separator, _TEXT))
