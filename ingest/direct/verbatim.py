"""From a file to messages as they stand: nothing folded, nothing merged, in the file's order. What compatibility needs.

Times are seconds as floating-point numbers, as the other tools read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TEXT, TEXTS
from ingest.direct.events import Key, declared
from ingest.direct.report import Rejects, Report
from ingest.direct.sources import Fields, Recognised, chosen, values
from ingest.direct.table import Batch, Irregular
from ingest.direct.texts import lists, null_if_empty, strings
from ingest.times import Clock
from ingest.validate import Context

SCHEMA = pa.schema(
    [
        ("actor", TEXT),
        ("message", TEXT),
        ("at", pa.float64()),
        ("repost", TEXT),
        ("reply", TEXT),
        ("text", TEXT),
        ("objects", TEXTS),
    ]
)
"""One row a message: who, its id, when (s), what it reposts, what it replies to, its text, and what else it names."""

_NAMES = {"posts": ("account_id", "post_id", "created_at"), "interactions": ("account_id", "post_id", "at")}
_SECONDS = {"s": 1.0, "ms": 1e3, "us": 1e6}


def messages(
    found: Recognised, parts: tuple[str, ...], key: str | None = None, *, keep_rejects: bool = False
) -> tuple[pa.Table, Report]:
    """Messages of a file, verbatim.

    Parameters
    ----------
    found : Recognised
        The file, as :func:`ingest.direct.sources.recognise` gives it.
    parts : tuple of str
        What is read beside who, which and when: ``parents`` (repost and reply), ``text``, or a field of posts whose
        values are the objects: ``links``, ``tickers``, ``hashtags``. Of interactions the objects are their targets.
    key : str, optional
        A column whose values are the objects instead.
    keep_rejects : bool
        Whether the report holds every row that cannot be used.

    Returns
    -------
    table : pyarrow.Table
        Of the shape :data:`SCHEMA`; parts that were not asked for are null.
    report : Report

    Raises
    ------
    ConfigError
        No such column.
    IngestError
        The file is damaged.
    """
    if key is not None:
        declared(found, Key(key))
    for read in (found.table.batches, found.table.by_row):
        reading = _Reading(found, parts, key, keep_rejects=keep_rejects)
        try:
            table = pa.concat_tables([SCHEMA.empty_table(), *reading.tables(read)])
        except Irregular:
            continue
        break
    reading.rejects.settle(found.table)
    pa.default_memory_pool().release_unused()  # what the batches were made of: what follows needs room
    return table, reading.rejects.report


class _Reading:
    """One pass over a file."""

    def __init__(self, found: Recognised, parts: tuple[str, ...], key: str | None, *, keep_rejects: bool) -> None:
        self.rejects = Rejects(Report(str(found.table.path), found.format), whole=keep_rejects)
        self._found = found
        self._parts = parts
        self._key = key
        self._clock = Clock()
        self._floats = found.format in {"cnt", "coortweet"}
        self._wanted = {c for r in found.records for c in r.columns(self._needed(r))} | ({key} if key else set())

    def _needed(self, fields: Fields) -> tuple[str, ...]:
        parents = ("kind", "parent_id") if "parents" in self._parts else ()
        others = (p for p in self._parts if p != "parents")
        return (*_NAMES[fields.type], *parents, *others, *(("target_id",) if fields.type == "interactions" else ()))

    def tables(self, read: Callable[[Any], Iterator[Batch]]) -> Iterator[pa.Table]:
        """Messages batch by batch."""
        first = 0
        context = Context(str(self._found.table.path), self._found.platform)
        for batch in read(sorted(self._wanted)):
            for bad in batch.bad:
                self.rejects.unread(bad, context)
            for fields in self._found.records:
                yield self._take(fields, batch, first)
            first += batch.rows
            self.rejects.report.rows += batch.rows

    def _take(self, fields: Fields, batch: Batch, first: int) -> pa.Table:
        n = batch.rows
        actor, message, at = _NAMES[fields.type]

        def of(name: str) -> Any:
            source = fields.sources.get(name)
            return None if source is None else values(source, batch.columns, n)

        columns = {"actor": strings(of(actor), n), "message": strings(of(message), n)}
        columns["at"], faults = self._times(of(at), n, fields, at)
        keep = np.ones(n, bool)
        if (only := chosen(fields, batch.columns, n)) is not None:
            keep = only.fill_null(fill_value=False).to_numpy(zero_copy_only=False)
        for name, place in (("actor", actor), ("message", message)):
            faults |= dict.fromkeys(np.flatnonzero(columns[name].is_null()).tolist(), (place, "missing"))
        for i in sorted(faults):
            if keep[i]:
                self.rejects.add(first + i, fields.type, *faults[i])
        keep[list(faults)] = False
        columns |= self._named(fields, batch, of)
        whole = [columns.get(name, pa.nulls(n, SCHEMA.field(name).type)) for name in SCHEMA.names]
        table = pa.table(whole, schema=SCHEMA)
        return table if keep.all() else table.filter(pa.array(keep))

    def _named(self, fields: Fields, batch: Batch, of: Callable[[str], Any]) -> dict[str, pa.Array]:
        """What messages repost, reply to, say and name."""
        n, out = batch.rows, {}
        if "parents" in self._parts and fields.type == "posts":
            if fields.parents:
                out["repost"], out["reply"] = (null_if_empty(strings(batch.columns[c], n)) for c in fields.parents)
            else:
                kind, parent = strings(of("kind"), n), null_if_empty(strings(of("parent_id"), n))
                for name in ("repost", "reply"):
                    out[name] = pc.if_else(pc.equal(pc.utf8_lower(kind), name), parent, pa.scalar(None, TEXT))
        if "text" in self._parts:
            out["text"] = strings(of("text"), n)
        if self._key is not None:
            out["objects"] = lists(batch.columns.get(self._key), n, empty=False)
        elif fields.type == "interactions":
            out["objects"] = lists(of("target_id"), n, empty=True)
        else:
            for name in {"links", "tickers", "hashtags"} & set(self._parts):
                out["objects"] = lists(of(name), n, empty=self._found.format == "cnt")
        return out

    def _times(self, raw: Any, n: int, fields: Fields, name: str) -> tuple[pa.Array, dict[int, tuple[str, str]]]:
        """Seconds, and why there are none."""
        unit = fields.sources[name].name.partition(":")[2] if name in fields.sources else ""
        dated = isinstance(raw, pa.Array) and pa.types.is_temporal(raw.type)
        if (self._floats or unit in _SECONDS) and not dated:
            seconds, wrong = _floats(raw, n)
            seconds = pc.divide(seconds, _SECONDS.get(unit, 1.0))
        else:
            micros, wrong = self._clock.read(name, raw)
            seconds = pc.divide(micros.cast(pa.int64()).cast(pa.float64()), 1e6)
        missing = np.flatnonzero(seconds.is_null().to_numpy(zero_copy_only=False)).tolist()
        return seconds, {i: (name, wrong.get(i, "missing")) for i in missing}


def _floats(raw: Any, n: int) -> tuple[pa.Array, dict[int, str]]:
    """Numbers as Python's ``float`` reads them; infinite ones and NaN are numbers to it."""
    if isinstance(raw, pa.Array):
        try:
            return raw.cast(pa.float64()), {}
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raw = raw.to_pylist()
    out: list[float | None] = []
    wrong: dict[int, str] = {}
    for i, value in enumerate([None] * n if raw is None else raw):
        try:
            out.append(None if value is None else float(value))
        except (TypeError, ValueError):
            wrong[i] = f"not a number of seconds: {str(value)[:40]!r}"
            out.append(None)
    return pa.array(out, pa.float64()), wrong
