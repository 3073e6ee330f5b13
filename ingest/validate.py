"""Raw columns of a record type become canonical batches; rows that break their type become quarantine rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from graph.model import PLATFORM, Rejected
from graph.schema import MARKET_TABLES, TABLES, TEXT
from ingest import columns as convert
from ingest import text
from ingest.canonical import Built, Columns, Row, build, empty
from ingest.files import RAW_LIMIT
from ingest.formats.base import Bad, Block, Records
from ingest.masking import WITHHELD, masked_raw
from ingest.records import RECORDS, Field, modifiers
from ingest.times import Clock


@dataclass
class Context:
    """What validation needs to know of the file a row came from."""

    source: str
    platform: str = "local"
    venue: str | None = None
    options: dict[str, Any] = field(default_factory=dict)  # how the file is read, besides the above
    secret: bytes | None = None
    clock: Clock = field(default_factory=Clock)
    types: Sequence[str] = ()  # record types the file may hold; none where that is not known

    def described(self) -> str:
        """JSON kept with every rejected row, so that it can be replayed as it would have been loaded."""
        known = {"platform": self.platform, "venue": self.venue, "units": self.clock.units, **self.options}
        return orjson.dumps(known, option=orjson.OPT_SORT_KEYS).decode()


@dataclass
class Valid:
    """What came of a block."""

    tables: list[tuple[str, pa.RecordBatch]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rows: int = 0  # raw rows seen, valid or not
    ignored: set[str] = field(default_factory=set)  # "type.column" that no record type knows
    dropped: dict[str, int] = field(default_factory=dict)  # "type.column" → list values without a canonical form
    corrections: list[str] = field(default_factory=list)  # keys repeated with other content; the last won
    repeated: int = 0  # canonical rows equal to another of the block

    def add(self, other: Valid) -> None:
        """Append another block's result."""
        self.tables += other.tables
        self.rejected += other.rejected
        self.rows += other.rows
        self.ignored |= other.ignored
        self.corrections += other.corrections
        self.repeated += other.repeated
        for name, count in other.dropped.items():
            self.dropped[name] = self.dropped.get(name, 0) + count


def validate_block(block: Block, context: Context) -> Valid:
    """Every record of a block validated, and the rows the format could not read."""
    result = Valid()
    for records in block.records:
        result.add(validate(records, context))
    result.rejected += [unreadable(bad, context) for bad in block.bad]
    result.rejected.sort(key=lambda row: row.line)
    result.rows += len(block.bad)
    return result


def validate(records: Records, context: Context) -> Valid:
    """Check and canonicalise the rows of one record type.

    Raises
    ------
    ConfigError
        Personal identifiers came and there is no key to pseudonymise them.
    """
    n = len(records.lines)
    result = Valid(rows=n)
    if not n:
        return result
    row = check(records, context, result)
    built = build(records.type, row)
    result.dropped = {f"{records.type}.{name}": count for name, count in row.dropped.items()}
    good = _good(row)
    for table, arrays, only in built:
        _emit(table, arrays, only, good, result)
    options = context.described() if row.faults else ""
    result.rejected = [
        Rejected(
            context.source,
            int(records.lines[i]),
            records.type,
            name,
            _QUOTED.sub("the value", reason) if records.type == "identifiers" else reason,
            _raw(records, i, context),
            options,
        )
        for i, (name, reason) in sorted(row.faults.items())
    ]
    return result


def check(records: Records, context: Context, result: Valid) -> Row:
    """The rows' columns converted, each by itself, with what is missing or malformed; unknown ones go to ``result``."""
    n = len(records.lines)
    checked, faults = _checked(records, n, context, result)
    row = Row(n, checked, _platforms(checked, n, context, faults), context.secret)
    for name, found in faults.items():
        row.refuse(name, found)
    return row


def unreadable(bad: Bad, context: Context) -> Rejected:
    """A quarantine row for what the format could not read."""
    raw = WITHHELD if _may_identify(bad, context) else bad.raw
    return Rejected(context.source, bad.line, bad.type, bad.field, bad.reason, raw, context.described())


def _may_identify(bad: Bad, context: Context) -> bool:
    """Whether an unreadable row may hold a personal identifier: nobody can tell where in it."""
    if bad.type:
        return bad.type == "identifiers"
    if list(context.types) == ["identifiers"]:
        return True
    several = not context.types or "identifiers" in context.types
    return several and _IDENTIFYING.search(bad.raw) is not None


_IDENTIFYING = re.compile(r'identif|"value"', re.IGNORECASE)  # in rows of files that hold several types
_QUOTED = re.compile(r"(['\"]).*\1", re.DOTALL)
_Faults = dict[str, dict[int, str]]


def _checked(records: Records, n: int, context: Context, result: Valid) -> tuple[Columns, _Faults]:
    """Every declared column, converted; what is missing or malformed, by field."""
    declared = RECORDS[records.type]
    checked: Columns = {}
    faults: _Faults = {}
    for name, values in records.columns.items():
        plain, _, modifier = name.partition(":")
        spec = declared.by_name.get(plain)
        if spec is None or (modifier and modifier not in modifiers(records.type, spec)):
            result.ignored.add(f"{records.type}.{name}")
            continue
        array, wrong = _convert(spec, records.type, values, modifier, context.clock)
        key = name if modifier == "verbatim" else plain
        checked[key] = array
        if wrong:
            faults.setdefault(plain, {}).update(wrong)
    if "venue" in declared.by_name and context.venue is not None:
        given = checked.get("venue", pa.nulls(n, TEXT))
        checked["venue"] = given.fill_null(context.venue)
    for spec in declared.fields:
        if spec.name not in checked:
            checked[spec.name] = empty(records.type, spec.name, n)
        if spec.required and (array := _present(checked, spec.name)).null_count:
            missing = np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False)).tolist()
            before = faults.get(spec.name, {})
            faults[spec.name] = {**dict.fromkeys(missing, "missing"), **before}
    return checked, faults


def _present(checked: Columns, name: str) -> pa.Array:
    verbatim = checked.get(f"{name}:verbatim")
    return checked[name] if verbatim is None else pc.coalesce(checked[name], verbatim)


def _convert(spec: Field, record: str, values: Any, modifier: str, clock: Clock) -> convert.Column:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if modifier == "verbatim" and spec.kind not in _LISTS:
        return convert.texts(values, spec.limit)
    if spec.kind == "time":
        return clock.read(f"{record}.{spec.name}", values, modifier or None)
    array, faults = _READERS[spec.kind](values, spec)
    if spec.choices:
        folded = pc.utf8_lower(array)
        wrong = pc.invert(pc.is_in(folded, pa.array(spec.choices))).fill_null(fill_value=False)
        wrong = pc.and_(wrong, array.is_valid())
        if pc.any(wrong).as_py():
            rows = np.flatnonzero(wrong.to_numpy(zero_copy_only=False)).tolist()
            faults |= {i: f"{array[i].as_py()[:40]!r} is none of {', '.join(spec.choices)}" for i in rows}
        array = pc.if_else(wrong, pa.scalar(None, TEXT), folded)
    return array, faults


def _symbol(values: Any, spec: Field) -> convert.Column:
    array, faults = convert.texts(values, spec.limit)
    encoded = array.dictionary_encode()
    forms = pa.array([text.ticker(w) for w in encoded.dictionary.to_pylist()], TEXT).take(encoded.indices)
    wrong = pc.and_(forms.is_null(), array.is_valid())
    for i in np.flatnonzero(wrong.to_numpy(zero_copy_only=False)).tolist():
        faults[i] = f"not a symbol: {array[i].as_py()[:40]!r}"
    return forms, faults


def _asset(values: Any, spec: Field) -> convert.Column:
    """A market's side as the exchange writes it, upper case: 1000PEPE and PEPE are two markets."""
    array, faults = convert.texts(values, spec.limit)
    return pc.utf8_upper(array), faults


_LISTS = frozenset({"words", "tickers", "links", "hashtags"})
_READERS: dict[str, Callable[[Any, Field], convert.Column]] = {
    "id": lambda v, f: convert.texts(v, f.limit),
    "word": lambda v, f: convert.texts(v, f.limit),
    "text": lambda v, f: convert.texts(v, f.limit, keep_empty=not f.required),
    "symbol": _symbol,
    "asset": _asset,
    "flag": lambda v, _: convert.flags(v),
    "count": lambda v, _: convert.counts(v),
    "amount": lambda v, _: convert.floats(v),
    "price": lambda v, _: convert.floats(v, above=0.0),
    "decimal": lambda v, _: convert.decimals(v),
    "object": lambda v, f: convert.objects(v, f.limit),
    "links": lambda v, _: convert.lists(v, convert.SPACES),
    **dict.fromkeys(("words", "tickers", "hashtags"), lambda v, _: convert.lists(v)),
}


def _platforms(checked: Columns, n: int, context: Context, faults: _Faults) -> pa.Array:
    """The platform of every row; the file's own where the row does not say."""
    given = checked.get("platform")
    if given is None or given.null_count == n:
        return pa.repeat(context.platform, n)
    names = given.dictionary_encode()
    wrong = {i for i, name in enumerate(names.dictionary.to_pylist()) if not PLATFORM.fullmatch(name)}
    if wrong:
        rows = [i for i, code in enumerate(names.indices.to_pylist()) if code in wrong]
        faults.setdefault("platform", {}).update(dict.fromkeys(rows, "not a platform name: a–z, 0–9, _ . - only"))
    return given.fill_null(context.platform)


def _good(row: Row) -> npt.NDArray[np.bool_] | None:
    """Mask of the valid rows; None if all are."""
    if not row.faults:
        return None
    good = np.ones(row.n, np.bool_)
    good[list(row.faults)] = False
    return good


def _emit(
    table: str, arrays: Columns, only: pa.Array | None, good: npt.NDArray[np.bool_] | None, result: Valid
) -> None:
    """Add the valid rows of a table to the result, the last of each key."""
    declared = TABLES.get(table) or MARKET_TABLES[table]
    batch = pa.RecordBatch.from_arrays(
        [arrays[c.name].cast(c.type) for c in declared.columns], names=[c.name for c in declared.columns]
    )
    if good is not None:
        batch = batch.filter(pa.array(good) if only is None else pc.and_(pa.array(good), only))
    elif only is not None:
        batch = batch.filter(only)
    batch = pa.RecordBatch.from_arrays(batch.columns, schema=declared.schema)
    before = batch.num_rows
    batch, changed = last_of_each(batch, declared.key)
    result.corrections += [f"{table} {key}" for key in changed]
    result.repeated += before - batch.num_rows - len(changed)
    if batch.num_rows:
        result.tables.append((table, batch))


def last_of_each(batch: pa.RecordBatch, key: tuple[str, ...]) -> tuple[pa.RecordBatch, list[str]]:
    """The last row of each key, in order; and the keys that came with other content before."""
    if len(key) == 1 and pc.count_distinct(batch.column(key[0]), mode="all").as_py() == batch.num_rows:
        return batch, []
    numbered = pa.table({**{k: batch.column(k) for k in key}, "row": np.arange(batch.num_rows)})
    last = numbered.group_by(list(key), use_threads=False).aggregate([("row", "max")])["row_max"].combine_chunks()
    if len(last) == batch.num_rows:
        return batch, []
    kept = np.sort(last.to_numpy())
    dropped = np.setdiff1d(np.arange(batch.num_rows), kept)
    final = {tuple(r[k] for k in key): r for r in batch.take(pa.array(kept)).to_pylist()}
    changed = []
    for old in batch.take(pa.array(dropped)).to_pylist():
        name = tuple(old[k] for k in key)
        if final[name] != old:
            changed.append(" ".join(str(part) for part in name if part is not None))
    return batch.take(pa.array(kept)), changed


def _raw(records: Records, row: int, context: Context) -> str:
    if records.type != "identifiers":
        raw = records.raw(row)
        return raw if len(raw) <= RAW_LIMIT else f"{raw[:RAW_LIMIT]}… ({len(raw):,} characters)"
    try:
        values = orjson.loads(Records.raw(records, row))
    except orjson.JSONDecodeError:
        return WITHHELD
    return masked_raw(values, context.secret)


__all__ = ["Built", "Context", "Valid", "check", "last_of_each", "unreadable", "validate", "validate_block"]
