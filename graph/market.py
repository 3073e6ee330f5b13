"""Candles and trades: Parquet partitioned by table, venue, ticker and UTC day, reached the same way beside any store.

``market/candles/binance/BTC-USDT/2026-03-01/000001.parquet`` under the data directory. A write appends a part that
holds only rows that are new or differ; where parts of a day hold the same key, the last one counts. When there are
many, the newer ones are merged into one. A part is written under a temporary name, forced to disk and renamed, so that
a reader sees all of it or nothing; parts that a merge has replaced are removed after that, so that a crash leaves at
worst repetitions, which reading removes.

The day is part of a row's place: a trade that is delivered again under another day is a second trade.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote as escape
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graph.errors import StoreError
from graph.schema import MARKET_TABLES, TIME, Table, check
from graph.store import Written
from lockstep import locks

PARTS = 8
"""Parts that a day may have before the newer ones are merged."""
SCAN_ROWS = 65_536
"""Rows in a batch that a scan gives, at most."""
_PLACE = ("venue", "base", "quote")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EXAMPLES = 100


def write_market(data_dir: Path, table: str, batch: pa.RecordBatch) -> Written:
    """Add rows of ``candles`` or ``trades``; writing the same rows again changes nothing.

    Parameters
    ----------
    data_dir : Path
        The store's data directory.
    table : str
        A table of :data:`graph.schema.MARKET_TABLES`.
    batch : RecordBatch
        Rows of that table's schema, of any venues, tickers and days; of a repeated key the last row counts.

    Raises
    ------
    StoreError
        The files cannot be read or written.
    ValueError
        Unknown table, or a batch of another schema.
    """
    declared = _declared(table)
    check(table, batch)
    report = Written()
    for place, rows in _by_day(declared, batch):
        folder = _folder(data_dir / "market" / table, place)
        with _mapped(folder), locks.hold(folder.parent / ".lock"):
            report.add(_Day(declared, folder).write(rows))
    return report


def scan_market(
    data_dir: Path,
    table: str,
    *,
    venue: str | None = None,
    base: str | None = None,
    quote: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[pa.RecordBatch]:
    """Rows in the order of venue, base, quote, time and key; one day of one ticker is held at a time.

    Parameters
    ----------
    venue, base, quote : str, optional
        Only of this exchange, bought asset, paid asset (as written).
    start, end : datetime, optional
        Only rows with ``start <= time < end``.

    Raises
    ------
    StoreError
        A file cannot be read.
    ValueError
        Unknown table.
    """
    declared = _declared(table)
    return _scan(declared, data_dir / "market" / table, (venue, base, quote), (start, end))


def market_tables(
    data_dir: Path,
    table: str,
    *,
    bases: Collection[str] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[pa.Table]:
    """All rows of one market (venue, base and quote) after the other, by these; within it by day, else in no order.

    The same rows as :func:`scan_market` gives, for who reads whole markets: their files are read at once.

    Parameters
    ----------
    bases : collection of str, optional
        Only of these bought assets.
    start, end : datetime, optional
        Only days with a moment in ``start <= time < end``: a little more than the window.

    Raises
    ------
    StoreError
        A file cannot be read.
    ValueError
        Unknown table.
    """
    declared = _declared(table)
    root = data_dir / "market" / table
    with _mapped(root):
        places = sorted(p for p in _places(root) if (bases is None or p[1] in bases) and _overlaps(p[-1], start, end))
    for _, days in groupby(places, key=lambda p: p[:-1]):
        folders = [_folder(root, place) for place in days]
        with _mapped(root):
            rows = _whole(declared, folders)
        if rows.num_rows:
            yield rows


def bases_of(data_dir: Path, table: str) -> set[str]:
    """Bought assets of which there are rows.

    Raises
    ------
    StoreError
        The folder cannot be read.
    ValueError
        Unknown table.
    """
    _declared(table)
    root = data_dir / "market" / table
    with _mapped(root):
        return {place[1] for place in _places(root)}


def _whole(table: Table, folders: Sequence[Path]) -> pa.Table:
    """Current rows of some days; a day of one part, which almost all are, has nothing to compare."""
    import duckdb

    days = [_Day(table, folder) for folder in folders]
    plain = not set(str(folders[0])) & set("*?[")  # the engine takes names for patterns
    single = [parts[0] for day in days if len(parts := day.parts()) == 1 and plain]
    rows = [table.schema.empty_table()]
    if single:
        try:
            with duckdb.connect(config={"threads": 1}) as engine:  # reads many small files twice as fast as Arrow
                engine.execute("SET TimeZone = 'UTC'")
                names = [str(f) for f in single]
                found = engine.sql("SELECT * FROM read_parquet($files)", params={"files": names}).to_arrow_table()
            rows.append(found.select(table.schema.names).cast(table.schema))
        except (duckdb.Error, pa.ArrowInvalid, OSError):
            single = []  # a file that a merge took away, or a bad one: reading day by day waits, or tells which
    alone = {f.parent for f in single}
    return pa.concat_tables([*rows, *(d.read() for d in days if d.folder not in alone)])


def _scan(
    table: Table, root: Path, wanted: Sequence[str | None], bounds: tuple[datetime | None, datetime | None]
) -> Iterator[pa.RecordBatch]:
    with _mapped(root):
        places = sorted(p for p in _places(root) if all(w in {None, have} for w, have in zip(wanted, p, strict=False)))
    for place in places:
        if _overlaps(place[-1], *bounds):
            folder = _folder(root, place)
            with _mapped(folder):
                rows = _window(table, _Day(table, folder).read(), *bounds)
            order = dict.fromkeys((*_PLACE, str(table.time), *table.key), "ascending")
            yield from (b for b in rows.sort_by([*order.items()]).combine_chunks().to_batches(SCAN_ROWS) if len(b))


class _Day:
    """One partition; whoever writes holds its ticker's lock."""

    def __init__(self, table: Table, folder: Path) -> None:
        self.table = table
        self.folder = folder
        self.key = [name for name in table.key if name not in _PLACE]

    def parts(self) -> list[Path]:
        """Its files, oldest first."""
        return sorted(self.folder.glob("*.parquet"))

    def read(self) -> pa.Table:
        """Current rows. Starts again where a merge took a file away meanwhile."""
        while True:
            try:
                return self._latest([_read(self.table, part) for part in self.parts()])
            except FileNotFoundError:
                continue

    def write(self, rows: pa.Table) -> Written:
        """Append what is new or differs."""
        keys = self._keys(rows)
        near = self._latest([_read(self.table, part, self._between(rows)) for part in self.parts()])
        there = dict(zip(self._keys(near), _contents(near), strict=True))
        report, keep = self._compare(rows, keys, there)
        if keep:
            for left in self.folder.glob("*.tmp"):  # of a writer that was killed: this one has the lock
                left.unlink()
            self._append(rows.take(keep))
            self._merge()
        return report

    def _compare(
        self, rows: pa.Table, keys: list[Hashable], there: Mapping[Hashable, tuple[Any, ...]]
    ) -> tuple[Written, list[int]]:
        """What writing does, and which rows it has to keep."""
        last = {key: i for i, key in enumerate(keys)}
        if len(last) == len(keys) and last.keys().isdisjoint(there):
            return Written(new=len(keys)), list(range(len(keys)))
        report, keep, content = Written(), [], _contents(rows)
        for i, key in enumerate(keys):
            winner = last[key] == i
            if winner and key not in there:
                report.new += 1
                keep.append(i)
                continue
            same = content[i] == (there[key] if winner else content[last[key]])
            report.unchanged += same
            report.changed += not same
            keep += [i] if winner and not same else []
            if not same and len(report.changed_keys) < _EXAMPLES:
                report.changed_keys.append(tuple(rows[name][i].as_py() for name in self.table.key))
        return report, keep

    def _keys(self, rows: pa.Table) -> list[Hashable]:
        columns = [_plain(rows[name]) for name in self.key]
        return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))

    def _between(self, rows: pa.Table) -> pc.Expression:
        """Selects rows that may have one of the keys: Parquet's statistics leave most files unread."""
        name = self.key[-1]
        ends = pc.min_max(rows[name])
        return (pc.field(name) >= ends["min"]) & (pc.field(name) <= ends["max"])

    def _latest(self, parts: list[pa.Table]) -> pa.Table:
        """Rows of all parts; of a key's versions the last."""
        rows = pa.concat_tables([self.table.schema.empty_table(), *parts])
        if len(parts) < 2:
            return rows
        last = {key: i for i, key in enumerate(self._keys(rows))}
        return rows if len(last) == len(rows) else rows.take(list(last.values()))

    def _append(self, rows: pa.Table) -> None:
        number = max((int(part.stem) for part in self.parts()), default=0) + 1
        final = self.folder / f"{number:06d}.parquet"
        draft = final.with_suffix(".tmp")
        self.folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            pq.write_table(rows, file, compression="zstd", row_group_size=SCAN_ROWS)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(final)
        _sync(self.folder)

    def _merge(self) -> None:
        """Merge the newest parts, and as many older ones as are no bigger than what follows them."""
        parts = self.parts()
        if len(parts) <= PARTS:
            return
        sizes = [part.stat().st_size for part in parts]
        first = next(i for i in range(len(parts)) if i == len(parts) - 2 or sizes[i] <= sum(sizes[i + 1 :]))
        self._append(self._latest([_read(self.table, part) for part in parts[first:]]))
        for part in parts[first:]:
            part.unlink()


def _declared(table: str) -> Table:
    if table not in MARKET_TABLES:
        raise ValueError(f"no market table {table!r}")
    return MARKET_TABLES[table]


def _by_day(table: Table, batch: pa.RecordBatch) -> Iterator[tuple[tuple[str, ...], pa.Table]]:
    """The batch's rows by venue, base, quote and day, each in the batch's order."""
    rows = pa.Table.from_batches([batch])
    names = [*_PLACE, "day"]
    days = pc.strftime(pc.cast(rows[str(table.time)], TIME), format="%Y-%m-%d")
    places = pa.table([*(rows[name] for name in _PLACE), days], names=names)
    for place in sorted(places.group_by(names).aggregate([]).to_pylist(), key=lambda p: tuple(p.values())):
        mine = reduce(pc.and_, (pc.equal(places[name], place[name]) for name in names))
        yield tuple(place[name] for name in names), rows.filter(mine)


def _folder(root: Path, place: Sequence[str]) -> Path:
    venue, base, quote, day = place
    return root / _escape(venue) / f"{_escape(base)}-{_escape(quote)}" / day


def _escape(name: str) -> str:
    """A name as part of a path: what is not a letter, digit or underscore is percent-encoded."""
    return escape(name, safe="").replace("-", "%2D").replace(".", "%2E").replace("~", "%7E") or "%"


def _unescape(name: str) -> str:
    return "" if name == "%" else unquote(name)


def _places(root: Path) -> Iterator[tuple[str, ...]]:
    for folder in root.glob("*/*-*/*/"):
        ticker, day = folder.parent.name, folder.name
        if ticker.count("-") == 1 and _DAY.fullmatch(day):
            base, quote = map(_unescape, ticker.split("-"))
            yield _unescape(folder.parent.parent.name), base, quote, day


def _overlaps(day: str, start: datetime | None, end: datetime | None) -> bool:
    first = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return (start is None or start < first + timedelta(days=1)) and (end is None or end > first)


def _window(table: Table, rows: pa.Table, start: datetime | None, end: datetime | None) -> pa.Table:
    if start is not None:
        rows = rows.filter(pc.greater_equal(rows[str(table.time)], pa.scalar(start, TIME)))
    if end is not None:
        rows = rows.filter(pc.less(rows[str(table.time)], pa.scalar(end, TIME)))
    return rows


def _read(table: Table, part: Path, wanted: pc.Expression | None = None) -> pa.Table:
    try:
        return pq.read_table(part, schema=table.schema, filters=wanted, partitioning=None)
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, OSError) as error:
        hint = "remove this file and load its source again"
        raise StoreError(f"not a Parquet file of {table.name}: {error}", where=str(part), hint=hint) from error


def _contents(rows: pa.Table) -> list[tuple[Any, ...]]:
    """Rows as tuples that compare equal where the rows are (also where both have no number)."""
    columns = ([None if v != v else v for v in _plain(column)] for column in rows.columns)  # noqa: PLR0124 - NaN alone
    return list(zip(*columns, strict=True))


def _plain(column: pa.ChunkedArray) -> list[Any]:
    values: list[Any] = (column.cast(pa.int64()) if column.type == TIME else column).to_pylist()
    return values


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _mapped(folder: Path) -> Iterator[None]:
    """What the file system says, as an error that says what to do."""
    try:
        yield
    except OSError as error:
        hints = {errno.ENOSPC: "free some space, then load again", errno.EDQUOT: "free some space, then load again"}
        hint = hints.get(error.errno or 0, "check that the data directory can be read and written")
        raise StoreError(f"market data: {error.strerror or error}", where=str(folder), hint=hint) from error
