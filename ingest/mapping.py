"""Mapping files: which column of a foreign table is what. One row may yield several records.

platform = "x"

[[record]]
type = "posts"
only_if = "post_id"                    # no record where this column is empty
post_id = "post_id"                    # a column
account_id = { column = "author" }
created_at = { column = "time", unit = "s" }          # or zone = "Z" for text without an offset
links = { column = "urls", split = " ", verbatim = true }
lang = { value = "en" }                # a constant
kind = { when = "retweet_of", then = "repost", otherwise = "post" }
parent_id = "retweet_of"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import ConfigError
from graph.model import PLATFORM
from ingest.formats.base import Records, Values
from ingest.records import RECORDS, VERBATIM, modifiers
from lockstep.config import nearest

_KEYS = {
    "column": frozenset({"column", "verbatim", "unit", "zone", "split"}),
    "value": frozenset({"value"}),
    "when": frozenset({"when", "then", "otherwise"}),
}
_EXAMPLE = 'write field = "column", or one of { column = … }, { value = … }, { when = …, then = …, otherwise = … }'


@dataclass(frozen=True)
class Source:
    """Where one field of a record comes from."""

    name: str  # the field, with its modifier
    spec: Mapping[str, Any]

    def columns(self) -> tuple[str, ...]:
        """The table's columns it reads."""
        return tuple(str(self.spec[k]) for k in ("column", "when") if k in self.spec)

    def values(self, table: Mapping[str, Values], n: int) -> Values:
        """The field's value in every row."""
        if "value" in self.spec:
            return [self.spec["value"]] * n
        if "when" in self.spec:
            there = present(table.get(self.spec["when"]), n)
            then, otherwise = self.spec.get("then"), self.spec.get("otherwise")
            return [then if t else otherwise for t in there.tolist()]
        values = table.get(self.spec["column"], [None] * n)
        if (split := self.spec.get("split")) is not None:
            return [None if v is None else [w for w in str(v).split(split) if w] for v in _plain(values)]
        if (zone := self.spec.get("zone")) is not None:
            return [f"{v}{zone}" if isinstance(v, str) and v else v for v in _plain(values)]
        return values


@dataclass(frozen=True)
class Record:
    """One ``[[record]]`` of a mapping file."""

    type: str
    only_if: str | None
    sources: tuple[Source, ...]


class Mapped:
    """A mapping that has been checked.

    Parameters
    ----------
    raw : dict
        The parsed TOML.
    where : str
        The file it came from, for messages.

    Raises
    ------
    ConfigError
        An unknown record type, field or key; a required field without a source; a wrong value.
    """

    def __init__(self, raw: Mapping[str, Any], where: str = "mapping") -> None:
        self._where = where
        for key in raw:
            if key not in {"platform", "record"}:
                raise ConfigError(f"unknown key {key!r}", where, nearest(key, ["platform", "record"]))
        self.platform: str | None = raw.get("platform")
        if self.platform is not None and not (isinstance(self.platform, str) and PLATFORM.fullmatch(self.platform)):
            raise ConfigError(f"not a platform name: {self.platform!r}", where, "lower-case letters, digits and _ . -")
        tables = raw.get("record")
        if not isinstance(tables, list) or not tables or not all(isinstance(t, Mapping) for t in tables):
            raise ConfigError("no records", where, 'add a [[record]] with type = "posts" and its fields')
        self.records = tuple(self._record(i, table) for i, table in enumerate(tables, 1))

    def columns(self) -> frozenset[str]:
        """Every column of the table that the mapping reads."""
        used = {c for r in self.records for s in r.sources for c in s.columns()}
        return frozenset(used | {r.only_if for r in self.records if r.only_if is not None})

    def require(self, there: Iterable[str], path: Path) -> None:
        """Refuse a table that lacks a column of the mapping.

        Raises
        ------
        ConfigError
            Names the missing columns and those that are there.
        """
        names = list(there)
        lacking = sorted(self.columns() - set(names))
        if lacking:
            hint = f"{path} has: {', '.join(names[:40]) or 'none'}"
            raise ConfigError(f"maps columns that the file does not have: {', '.join(lacking)}", self._where, hint)

    def apply(self, table: Mapping[str, Values], lines: Sequence[int]) -> list[Records]:
        """Records of a block of rows."""
        out = []
        for record in self.records:
            n = len(lines)
            columns = {s.name: s.values(table, n) for s in record.sources}
            if self.platform is not None:
                columns.setdefault("platform", [self.platform] * n)
            if "platform" not in RECORDS[record.type].by_name:
                columns.pop("platform", None)
            kept: Sequence[int] = lines
            if record.only_if is not None:
                there = present(table.get(record.only_if), n)
                if not there.all():
                    columns = {name: _where(values, there) for name, values in columns.items()}
                    kept = [line for line, t in zip(lines, there.tolist(), strict=True) if t]
            out.append(Records(record.type, columns, kept))
        return out

    def _record(self, number: int, table: Mapping[str, Any]) -> Record:
        where = f"{self._where}: record {number}"
        kind = str(table.get("type"))
        if kind not in RECORDS:
            raise ConfigError(f"no record type {kind!r}", where, nearest(kind, RECORDS))
        only_if = table.get("only_if")
        if only_if is not None and not isinstance(only_if, str):
            raise ConfigError("only_if names one column", where, 'only_if = "column"')
        sources = tuple(
            self._source(where, kind, name, spec) for name, spec in table.items() if name not in {"type", "only_if"}
        )
        filled = {s.name.partition(":")[0] for s in sources}
        if lacking := [f for f in RECORDS[kind].required if f not in filled and f != "venue"]:
            raise ConfigError(f"{kind} need {', '.join(lacking)}", where, f'say {lacking[0]} = "column"')
        return Record(kind, only_if, sources)

    @staticmethod
    def _source(where: str, record: str, name: str, raw: Any) -> Source:
        field = RECORDS[record].by_name.get(name)
        if field is None:
            raise ConfigError(f"{record} have no field {name!r}", where, nearest(name, RECORDS[record].by_name))
        spec = {"column": raw} if isinstance(raw, str) else raw
        form = next((f for f in _KEYS if isinstance(spec, Mapping) and f in spec), None)
        if form is None or not set(spec) <= _KEYS[form]:
            raise ConfigError(f"{name} is not a source: {raw!r}", where, _EXAMPLE)
        for key in ("column", "when", "split", "zone"):
            if key in spec and not (isinstance(spec[key], str) and spec[key]):
                raise ConfigError(f"{name}: {key} is text", where, _EXAMPLE)
        modifier = VERBATIM if spec.get("verbatim") else spec.get("unit", "")
        allowed = modifiers(record, field)
        if modifier and modifier not in allowed:
            hint = f"it takes {', '.join(allowed)}" if allowed else "leave it out"
            raise ConfigError(f"{name} cannot be {modifier!r}", where, hint)
        return Source(f"{name}:{modifier}" if modifier else name, spec)


def load_mapping(path: Path) -> dict[str, Any]:
    """Read and check a mapping file; the result goes into :attr:`Options.mapping`.

    Raises
    ------
    ConfigError
        It cannot be read, is not TOML, or is no mapping.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(f"cannot be read: {e.strerror}", str(path), "check --map") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"not TOML: {e}", str(path), "see `lockstep ingest --help` for an example") from e
    Mapped(raw, str(path))
    return raw


def present(values: Values | None, n: int) -> npt.NDArray[np.bool_]:
    """Which rows have a value: not null, not empty text."""
    if values is None:
        return np.zeros(n, np.bool_)
    if isinstance(values, pa.Array):
        there = values.is_valid()
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            there = pc.and_(there, pc.not_equal(values, "").fill_null(fill_value=False))
        return np.asarray(there.to_numpy(zero_copy_only=False), np.bool_)
    return np.fromiter((v is not None and v != "" for v in values), np.bool_, n)


def _plain(values: Values) -> Sequence[Any]:
    plain: Sequence[Any] = values.to_pylist() if isinstance(values, pa.Array) else values
    return plain


def _where(values: Values, there: npt.NDArray[np.bool_]) -> Values:
    if isinstance(values, pa.Array):
        return values.filter(pa.array(there))
    return [v for v, t in zip(values, there.tolist(), strict=True) if t]
