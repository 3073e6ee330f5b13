"""Columns as texts, whatever they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TEXT, TEXTS


def strings(column: Any, n: int) -> pa.Array:
    """A column of n values as texts, as they stand; numbers and truth values as Python shows them."""
    if column is None:
        return pa.nulls(n, TEXT)
    if isinstance(column, pa.Array):
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        try:
            return column.cast(TEXT)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            column = column.to_pylist()
    return pa.array([None if v is None else v if isinstance(v, str) else str(v) for v in column], TEXT)


def lists(column: Any, n: int, *, empty: bool) -> pa.Array:
    """Lists of texts, of one where the column has no lists; with empty texts or without."""
    if column is None:
        return pa.nulls(n, TEXTS)
    if not isinstance(column, pa.Array) and any(isinstance(v, list | tuple) for v in column):
        rows = [v if isinstance(v, list | tuple) else [v] for v in column]
        made = pa.array([[str(w) for w in v if w is not None] for v in rows], TEXTS)
    elif isinstance(column, pa.Array) and pa.types.is_list(column.type):
        made = column.cast(TEXTS)
    else:
        words = strings(column, n)
        offsets = np.concatenate([[0], np.cumsum(words.is_valid().to_numpy(zero_copy_only=False))])
        made = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), words.drop_null())
    if empty or not len(pc.list_flatten(made)):
        return made
    words, rows_ = pc.list_flatten(made), pc.list_parent_indices(made).to_numpy()
    there = pc.not_equal(words, "").fill_null(fill_value=False)
    count = np.bincount(rows_[there.to_numpy(zero_copy_only=False)], minlength=n)
    return pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(count)]), pa.int32()), words.filter(there))


def null_if_empty(column: Any) -> Any:
    """A column of texts with null for empty ones; others as they are."""
    if isinstance(column, pa.Array) and pa.types.is_string(column.type):
        return pc.if_else(pc.equal(column, ""), pa.scalar(None, TEXT), column)
    return column
