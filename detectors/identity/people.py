"""The accounts of a view as columns: what a profile says, as last observed before the end of the window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TABLES, TIME
from graph.store import View

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UNDATED = np.iinfo(np.int64).min
"""Stands for no time."""
COLUMNS = ("account", "observed_at", "handle", "created_at", "verified", "followers", "attributes")


@dataclass(frozen=True, eq=False)
class People:
    """Every account that is known, by code: its place in an order that follows from what is known of it.

    Names decide only between accounts that nothing else tells apart, so that what is drawn by chance does not hang on
    how accounts are called.

    Parameters
    ----------
    keys : list of str
        Account keys, by code.
    created : ndarray of int64, shape (n,)
        When each was made, µs since 1970; :data:`UNDATED` where not known.
    handle : list of str or None
        Names shown.
    attributes : list of str or None
        Further attributes, JSON objects.
    verified : list of bool or None
        Whether the platform's verification was carried.
    """

    keys: list[str]
    created: Longs
    handle: list[str | None]
    attributes: list[str | None]
    verified: list[bool | None]

    @property
    def count(self) -> int:
        """Number of accounts."""
        return len(self.keys)

    @cached_property
    def values(self) -> pa.Array:
        """Keys as an Arrow array."""
        return pa.array(self.keys, pa.string())

    def codes(self, column: pa.Array | pa.ChunkedArray) -> Ints:
        """Codes of account keys; −1 for one that is not known."""
        found = pc.index_in(column, self.values)
        if isinstance(found, pa.ChunkedArray):
            found = found.combine_chunks()
        codes: Ints = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        return codes

    @cached_property
    def texts(self) -> list[str]:
        """What each profile says of itself: the longest text among its attributes; empty where it says nothing."""
        seen: dict[str | None, str] = {None: ""}
        return [seen[a] if a in seen else seen.setdefault(a, _longest(a or "")) for a in self.attributes]


def people(view: View, end: datetime | None = None) -> People:
    """Read the accounts: those observed, and those that only acted, own an identifier or are labelled.

    Parameters
    ----------
    end : datetime, optional
        Observations made from then on, and accounts made from then on, are not known yet.
    """
    newest: dict[str, dict[str, Any]] = {}
    late: set[str] = set()
    for batch in view.scan("accounts", columns=COLUMNS):
        for row in batch.to_pylist():
            if end is not None and row["created_at"] is not None and row["created_at"] >= end:
                late.add(row["account"])
            elif end is None or row["observed_at"] is None or row["observed_at"] < end:
                known = newest.get(row["account"])
                if known is None or _seen(known) <= _seen(row):
                    newest[row["account"]] = row
    traces = _traces(view, end)
    rows = {key: newest.get(key, {}) for key in {*newest, *traces} - late}
    signs = {k: (_micros(r.get("created_at")), r.get("handle") or "", traces.get(k, ()), k) for k, r in rows.items()}
    order = sorted(rows, key=signs.__getitem__)
    return People(
        keys=order,
        created=np.array([signs[k][0] for k in order], np.int64),
        handle=[rows[k].get("handle") for k in order],
        attributes=[rows[k].get("attributes") for k in order],
        verified=[rows[k].get("verified") for k in order],
    )


def _traces(view: View, end: datetime | None) -> dict[str, tuple[str, ...]]:
    """Accounts that the other tables name, with the first thing of each table that is theirs."""
    found: dict[str, tuple[str, ...]] = {}
    for table, column, thing in (
        ("identifiers", "account", "value"),
        ("posts", "account", "post"),
        ("interactions", "account", "interaction"),
        ("interactions", "target", "interaction"),
        ("labels", "account", "label"),
    ):
        kind = ["target_type"] if column == "target" else []
        parts = [
            pa.Table.from_batches([batch.filter(pc.equal(batch["target_type"], "account")) if kind else batch])
            .group_by(column)
            .aggregate([(thing, "min")])
            for batch in before(view, table, [column, thing, *kind], end)
        ]
        if parts:
            whole = pa.concat_tables(parts).group_by(column).aggregate([(f"{thing}_min", "min")])
            for account, first in zip(whole[column].to_pylist(), whole[f"{thing}_min_min"].to_pylist(), strict=True):
                found[account] = (*found.get(account, ()), first)
    return found


def before(view: View, table: str, columns: Sequence[str], end: datetime | None) -> Iterator[pa.RecordBatch]:
    """Rows of a table known before a moment; those without a time count as known."""
    time = TABLES[table].time
    if end is None or time is None:
        yield from view.scan(table, columns=columns)
        return
    for batch in view.scan(table, columns=[*columns, *({time} - set(columns))]):
        early = pc.fill_null(pc.less(batch[time], pa.scalar(end, TIME)), fill_value=True)
        yield batch.filter(early).select(list(columns))


def _seen(row: dict[str, Any]) -> tuple[bool, float, str]:
    """Undated observations are the oldest; of several of one moment, any fixed one."""
    at = row["observed_at"]
    return at is not None, at.timestamp() if at is not None else 0.0, repr(sorted(row.items(), key=str))


def _micros(at: datetime | None) -> int:
    return UNDATED if at is None else round(at.timestamp() * 1e6)


def _longest(attributes: str) -> str:
    try:
        values = orjson.loads(attributes)
    except ValueError:
        return ""
    texts = [v for v in values.values() if isinstance(v, str)] if isinstance(values, dict) else []
    return max(texts, key=lambda t: (len(t), t), default="")
