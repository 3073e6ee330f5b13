"""Makes tables that can be asked: each a DuckDB file of its own, once for a store's commit, when it is first asked for.

``<cache>/sql/<commit>-<their shape>/<table>.duckdb``: files, so that a million posts stay on disk and every
query, in a process of its own, opens the same ones for reading. Made in another process than the dashboard's, which
would stand still meanwhile. Of the commits the newest are kept.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from dashboard.querying.tables import ALL, Shown, sql_type
from graph.errors import StoreError
from graph.findings import digest
from graph.store import View, open_store
from lockstep import locks

KEPT = 2
"""Commits whose tables are kept."""
MEMORY = "512MB"
_SECONDS = 600
_SHAPE = digest([[t.name, t.select or "", [c.name for c in t.columns]] for t in ALL.values()])[:8]  # of another version


@dataclass(frozen=True)
class Source:
    """A store at a commit, as another process is told of it."""

    url: str
    data_dir: str
    folder: str  # where the files of this commit lie
    seq: int

    @classmethod
    def of(cls, url: str, view: View) -> Source:
        """The source that a view reads."""
        cache = view.cache_dir or view.data_dir / "cache"
        return cls(url, str(view.data_dir), str(cache.absolute() / "sql" / f"{view.seq}-{_SHAPE}"), view.seq)

    def file(self, table: str) -> Path:
        """Where a table lies, once it is made."""
        return Path(self.folder) / f"{table}.duckdb"

    def rows(self) -> dict[str, int]:
        """Rows of the tables that are made."""
        found = {}
        for name in ALL:
            noted = self.file(name).with_suffix(".rows")
            if noted.exists():
                found[name] = int(noted.read_text())
        return found


def ensure(source: Source, tables: Collection[str]) -> None:
    """Make those of the tables that are not there.

    Raises
    ------
    StoreError
        They could not be made.
    """
    missing = sorted(t for t in tables if not source.file(t).exists())
    if not missing:
        return
    request = json.dumps({**asdict(source), "tables": missing})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dashboard.querying.making"],
            input=request, capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise StoreError(f"the tables were not made within {_SECONDS} s", where=", ".join(missing)) from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise StoreError(f"the tables cannot be made: {said}", where=", ".join(missing))


def make(view: View, source: Source, table: Shown) -> None:
    """Make one table's file; whoever comes second waits and finds it."""
    final = source.file(table.name)
    final.parent.mkdir(parents=True, exist_ok=True)
    with locks.hold(final.with_suffix(".lock")):
        if final.exists():
            return
        draft = final.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        spill = final.with_suffix(".spill")
        with duckdb.connect(
            str(draft), config={"threads": 1, "memory_limit": MEMORY, "temp_directory": str(spill)}
        ) as engine:
            rows = _filled(engine, view, table)
        shutil.rmtree(spill, ignore_errors=True)
        final.with_suffix(".rows").write_text(str(rows))
        draft.rename(final)


def _filled(engine: duckdb.DuckDBPyConnection, view: View, table: Shown) -> int:
    engine.execute("SET TimeZone = 'UTC'")
    columns = ", ".join(f'"{c.name}" {sql_type(c.type)}' for c in table.columns)
    engine.execute(f"CREATE TABLE {table.name} ({columns})")
    into = f"INSERT INTO {table.name} "
    if table.select is None:
        for batch in table.read(view):
            engine.register("batch", pa.Table.from_batches([batch]))
            engine.execute(f"INSERT INTO {table.name} FROM batch")
            engine.unregister("batch")
    else:
        first = True
        for batch in table.read(view):
            engine.register("batch", pa.Table.from_batches([batch]))
            engine.execute(("CREATE TEMP TABLE source AS " if first else "INSERT INTO source ") + "FROM batch")
            engine.unregister("batch")
            first = False
        if not first:
            engine.execute(into + table.select)
    counted = engine.execute(f"SELECT count(*) FROM {table.name}").fetchall()  # noqa: S608 - our own name
    return int(counted[0][0])


def tidy(source: Source) -> None:
    """Remove the tables of older commits; who is reading them still has them."""
    known = [p for p in Path(source.folder).parent.iterdir() if p.name.partition("-")[0].isdigit()]
    for old in sorted(known, key=lambda p: int(p.name.partition("-")[0]))[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def main() -> None:
    """Make what is asked for on the standard input."""
    request = json.load(sys.stdin)
    tables = request.pop("tables")
    source = Source(**request)
    with (
        open_store(source.url, Path(source.data_dir), create=False) as store,
        store.view(source.seq) as view,
    ):
        for name in tables:
            make(view, source, ALL[name])
    tidy(source)


if __name__ == "__main__":
    main()
