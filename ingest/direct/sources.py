"""Which column of a table is which field of a post or an interaction, for tables that are read column by column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import IngestError
from graph.schema import TEXT
from ingest.direct.table import Table
from ingest.files import head
from ingest.formats import cnt, coortweet
from ingest.formats.base import Options, choose, discover
from ingest.formats.parquet import MAGIC
from ingest.mapping import Mapped, Source, present
from ingest.records import require, settle_type

ACTS = ("posts", "interactions")
"""Record types that hold what accounts did."""

_OWN = ("csv", "jsonl", "parquet")


@dataclass(frozen=True)
class Fields:
    """Where the fields of one record type are in a table.

    Parameters
    ----------
    type : str
        ``posts`` or ``interactions``.
    sources : mapping of str to Source
        By field, without modifier.
    only_if : str or None
        No record from rows where this column is empty.
    only_type : bool
        Only rows whose column ``type`` names this record type.
    parents : tuple of str
        Columns of the post reposted and of the post replied to, where the table has one for each.
    """

    type: str
    sources: Mapping[str, Source]
    only_if: str | None = None
    only_type: bool = False
    parents: tuple[str, ...] = ()

    def columns(self, fields: Collection[str]) -> set[str]:
        """Columns that some of the fields are read from."""
        used = {c for f in fields if f in self.sources for c in self.sources[f].columns()}
        used |= {c for c in (self.only_if, "type" if self.only_type else None) if c is not None}
        return used | (set(self.parents) if {"kind", "parent_id"} & set(fields) else set())


@dataclass(frozen=True)
class Recognised:
    """A table with what its columns are."""

    table: Table
    format: str
    platform: str
    records: tuple[Fields, ...]


def recognise(path: Path, wanted: str | None, options: Options) -> Recognised | None:
    """Open a file as a table, where its format is one; None for the formats that only the loader reads.

    Raises
    ------
    FormatUnknown, ConfigError
        Nobody knows what the file is, or the mapping does not fit it.
    IngestError
        It cannot be read, or holds nothing that accounts did.
    """
    start = head(path)
    if options.mapping is not None and wanted is None:
        known = discover()
        format_ = max((known[n] for n in _OWN), key=lambda f: f.sniff(start)).name
    else:
        format_ = choose(start, wanted).name
    if format_ not in {*_OWN, "cnt", "coortweet"}:
        return None
    kind = {"cnt": "csv", "coortweet": "parquet" if start.start.startswith(MAGIC) else "csv"}.get(format_, format_)
    table = Table(path, kind)
    platform = options.platform
    if options.mapping is not None:
        mapped = Mapped(options.mapping)
        if kind != "jsonl":
            mapped.require(table.names, path)
        records, platform = _mapped(mapped), mapped.platform or platform
    elif format_ in {"cnt", "coortweet"}:
        records = _foreign(format_)
    else:
        records = _own(table, options, start.name)
    if not records:
        raise IngestError("holds no posts and no interactions", str(path), "only those are what accounts did")
    return Recognised(table, format_, platform, records)


def _mapped(mapped: Mapped) -> tuple[Fields, ...]:
    return tuple(
        Fields(r.type, {s.name.partition(":")[0]: s for s in r.sources}, r.only_if)
        for r in mapped.records
        if r.type in ACTS
    )


def _foreign(format_: str) -> tuple[Fields, ...]:
    if format_ == "coortweet":
        return _mapped(Mapped(coortweet.MAPPING))
    posts = _mapped(Mapped(cnt.MAPPING))[0]
    return (Fields("posts", posts.sources, parents=("repost_id", "reply_id")),)


def _own(table: Table, options: Options, name: str) -> tuple[Fields, ...]:
    """Columns that are named like the record types'."""
    fixed = settle_type(options.type, name)
    if fixed is None and not (table.kind == "jsonl" and "type" in table.names):
        raise IngestError(
            "does not say what its rows are",
            str(table.path),
            f"give --type or --map, or a name that begins with the type (posts.{table.kind})",
        )
    if fixed is not None and table.kind != "jsonl":
        require(fixed, table.names, table.path)
    sources = {n.partition(":")[0]: Source(n, {"column": n}) for n in table.names if n != "type"}
    kinds = ACTS if fixed is None else tuple(k for k in ACTS if k == fixed)
    return tuple(Fields(k, _all(sources, k), only_type=fixed is None) for k in kinds)


def _all(sources: Mapping[str, Source], kind: str) -> dict[str, Source]:
    """The sources, and of JSON's columns also those that the first rows lack."""
    from ingest.records import RECORDS

    more = {f.name: Source(f.name, {"column": f.name}) for f in RECORDS[kind].fields if f.name not in sources}
    return {**sources, **more}


def values(source: Source, columns: Mapping[str, Any], n: int) -> Any:
    """A field's values in a batch of n rows: an Arrow array, or Python values where a column mixes types."""
    spec = source.spec
    if "value" in spec:
        return pa.repeat(spec["value"], n)
    if "when" in spec:
        there = pa.array(present(columns.get(spec["when"]), n))
        return pc.if_else(there, pa.scalar(spec.get("then"), TEXT), pa.scalar(spec.get("otherwise"), TEXT))
    column = columns.get(spec["column"], pa.nulls(n, TEXT))
    if not (isinstance(column, pa.Array) and pa.types.is_string(column.type)):
        return source.values(columns, n)
    if "split" in spec:
        return pc.split_pattern(column, spec["split"])
    if "zone" in spec:
        return pc.if_else(pc.equal(column, ""), column, pc.binary_join_element_wise(column, spec["zone"], ""))
    return column


def chosen(fields: Fields, columns: Mapping[str, Any], n: int) -> pa.Array | None:
    """Which rows of a batch are of this record type; None for all."""
    if fields.only_type:
        return pc.equal(pa.array(columns["type"], TEXT) if "type" in columns else pa.nulls(n, TEXT), fields.type)
    return None if fields.only_if is None else pa.array(present(columns.get(fields.only_if), n))


def names(records: Iterable[Fields]) -> set[str]:
    """Every column that some record type names."""
    return {c for r in records for c in r.columns(tuple(r.sources))}
