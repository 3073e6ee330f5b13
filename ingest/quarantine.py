"""Rows that could not be loaded: written out, and tried again as their files were read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from graph.errors import IngestError
from graph.model import Rejected
from graph.schema import MARKET_TABLES
from graph.store import Store, Written
from ingest.formats.base import Options, Records, discover
from ingest.records import RECORDS
from ingest.times import Clock
from ingest.validate import Context, Valid, validate, validate_block

GROUP = 1000  # rows a transaction
_BY_LINE = "jsonl"  # the format whose unreadable rows stand for themselves


@dataclass
class ReplayReport:
    """What a replay did."""

    tried: int = 0
    released: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # why the others stay → rows
    tables: dict[str, Written] = field(default_factory=dict)

    def summary(self) -> list[str]:
        """The report in words, a line each."""
        out = [f"{self.tried:,} rows tried, {self.released:,} loaded and released, {self.tried - self.released:,} stay"]
        out += [f"  {name}: {w.new:,} new, {w.changed:,} changed, {w.unchanged:,} unchanged"
                for name, w in sorted(self.tables.items())]  # fmt: skip
        out += [f"  {n:,} × {reason}" for reason, n in sorted(self.reasons.items(), key=lambda x: (-x[1], x[0]))]
        return out


def export(rows: Sequence[Rejected], out: Path) -> int:
    """Write rows as JSON Lines: file, line, type, field, reason, and the row as read (personal values masked).

    Raises
    ------
    IngestError
        The file cannot be written.
    """
    try:
        with out.open("wb") as file:
            for row in rows:
                plain = {name: getattr(row, name) for name in ("source", "line", "type", "field", "reason", "raw")}
                file.write(orjson.dumps(plain, option=orjson.OPT_APPEND_NEWLINE))
    except OSError as e:
        raise IngestError(f"cannot be written: {e.strerror}", str(out), "name another file with --out") from e
    return len(rows)


def replay(store: Store, rows: Sequence[Rejected] | None = None, *, secret: bytes | None = None) -> ReplayReport:
    """Validate rows of the quarantine again; those that pass are loaded and leave it, in one transaction.

    Parameters
    ----------
    rows : sequence of Rejected, optional
        Those to try; all by default.

    Raises
    ------
    ConfigError
        Personal identifiers and no key.
    StoreError
        The store failed; groups before stay released.
    """
    chosen = list(store.rejected() if rows is None else rows)
    report = ReplayReport(tried=len(chosen))
    for at in range(0, len(chosen), GROUP):
        passed: list[tuple[Rejected, Valid]] = []
        for row in chosen[at : at + GROUP]:
            valid = _again(row, secret)
            if valid.rejected or not valid.tables:
                reason = valid.rejected[0].reason if valid.rejected else row.reason
                report.reasons[reason] = report.reasons.get(reason, 0) + 1
            else:
                passed.append((row, valid))
        if passed:
            _release(store, passed, report)
    return report


def _release(store: Store, passed: list[tuple[Rejected, Valid]], report: ReplayReport) -> None:
    from graph.market import write_market

    parts = [part for _, valid in passed for part in valid.tables]
    for table, batch in parts:
        if table in MARKET_TABLES:
            report.tables.setdefault(table, Written()).add(write_market(store.data_dir, table, batch))
    with store.writer() as writer:
        for table, batch in parts:
            if table not in MARKET_TABLES:
                report.tables.setdefault(table, Written()).add(writer.write(table, batch))
        writer.release([row.id for row, _ in passed])
    report.released += len(passed)


def _again(row: Rejected, secret: bytes | None) -> Valid:
    """What the row is today."""
    how: dict[str, Any] = orjson.loads(row.options) if row.options else {}
    options = Options(how.get("type"), how.get("platform", "local"), None, how.get("venue"))
    context = Context(row.source, options.platform, options.venue, {}, secret, Clock(dict(how.get("units", {}))))
    values = _object(row.raw)
    if row.type in RECORDS and values is not None:
        columns = {name: [value] for name, value in values.items() if name != "type"}
        return validate(Records(row.type, columns, [row.line]), context)
    result = Valid()
    if how.get("format") == _BY_LINE:
        for part in _reread(row, options, context):
            result.add(part)
    return result


def _reread(row: Rejected, options: Options, context: Context) -> Iterator[Valid]:
    """The row read as a file of its own, under its file's name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(row.source).name.removesuffix(".gz").removesuffix(".zst")
        path.write_text(row.raw, encoding="utf-8")
        try:
            for block in discover()[_BY_LINE].read(path, options):
                yield validate_block(block, context)
        except IngestError:
            return


def _object(raw: str) -> dict[str, Any] | None:
    try:
        values = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return values if isinstance(values, dict) else None
