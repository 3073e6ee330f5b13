"""Runs one query in a process of its own, begun for it and gone after it.

DuckDB's own limits do not suffice: ``repeat('x', 2000000000)`` passes ``memory_limit``, a table function takes plain
numbers for addresses of memory, and a crash would take the dashboard with it. Here the system's limits hold as well:
address space, processor time, no file written, no environment, an alarm that ends it if its parent is gone.

In: JSON on the standard input. Out: a line of JSON, then the rows as an Arrow stream.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

from dashboard.querying.guard import Refused, read

_BATCH = 1_000
_SPARE = 2 << 30  # address space for Python, the libraries and what DuckDB takes beside its buffers
LOCKED: dict[str, str | int | float | list[str]] = {
    "threads": 1,
    "temp_directory": "",
    "max_temp_directory_size": "0KiB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
    "python_scan_all_frames": False,
}
"""Settings of the engine, beside memory; then nothing outside is reached, and no setting changed."""
_WORDS = {
    "ParserException": "This cannot be read as SQL.",
    "CatalogException": "There is no table or function of this name.",
    "BinderException": "A name or a type does not fit.",
    "ConversionException": "A value cannot be turned into the type that is asked for.",
    "InvalidInputException": "A value is not one that can be used here.",
    "OutOfRangeException": "A value is out of range.",
    "PermissionException": "Files, network and settings cannot be reached from a query.",
    "OutOfMemoryException": "The query needs more memory than it may take.",
    "InterruptException": "The query took longer than it may.",
}


def confine(seconds: int, memory: int) -> None:
    """Bind this process to the system's limits."""
    for what, most in (
        (resource.RLIMIT_AS, memory + _SPARE),
        (resource.RLIMIT_CPU, seconds + 3),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 128),
    ):
        resource.setrlimit(what, (most, most))
    signal.alarm(seconds + 5)


def engine_of(files: Mapping[str, str], memory: int) -> duckdb.DuckDBPyConnection:
    """An engine that has these tables and nothing else, and stays so."""
    engine = duckdb.connect(config={**LOCKED, "memory_limit": f"{memory >> 20}MiB"})
    for name, path in files.items():
        quoted = path.replace("'", "''")
        engine.execute(f"ATTACH '{quoted}' AS \"file {name}\" (READ_ONLY)")
        engine.execute(f'CREATE VIEW {name} AS SELECT * FROM "file {name}".{name}')  # noqa: S608 - our own names
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")
    return engine


def answer(request: Mapping[str, Any], out: BinaryIO) -> None:
    """Run the query that the request holds, and say what came of it."""
    began = time.monotonic()
    try:
        said, batches = _run(request)
    except Refused as error:
        said, batches = _told(error.why, "", _place(request["query"], error.at)), []
    except duckdb.Error as error:
        said, batches = _failed(error), []
    except (MemoryError, pa.ArrowMemoryError):
        said, batches = _told(_WORDS["OutOfMemoryException"], "", ""), []
    said["seconds"] = round(time.monotonic() - began, 3)
    out.write(json.dumps(said).encode() + b"\n")
    if batches:
        with pa.ipc.new_stream(out, batches[0].schema) as stream:
            for batch in batches:
                stream.write_batch(batch)
    out.flush()


def _run(request: Mapping[str, Any]) -> tuple[dict[str, Any], list[pa.RecordBatch]]:
    files: dict[str, str] = request["files"]
    with engine_of({}, request["memory"]) as reader:
        query = read(reader, request["query"], list(files))
    missing = sorted(t for t in query.tables if not Path(files[t]).exists())
    if missing:
        return {"kind": "needs", "tables": missing}, []
    with engine_of({t: files[t] for t in sorted(query.tables)}, request["memory"]) as engine:
        timer = threading.Timer(request["seconds"], engine.interrupt)
        timer.daemon = True
        timer.start()
        try:
            with warnings.catch_warnings():  # of a copy; only this way an error has its place in the query
                warnings.simplefilter("ignore", UserWarning)
                found = engine.execute(query.sql).to_arrow_reader(_BATCH)
            batches, cut = _bounded(found, request["rows"], request["bytes"])
        finally:
            timer.cancel()
    return {"kind": "rows", "cut": cut}, batches


def _bounded(found: pa.RecordBatchReader, rows: int, size: int) -> tuple[list[pa.RecordBatch], str]:
    """No more than so many rows and bytes of it, at least an empty batch; and what cut it off."""
    schema = _schema(found.schema)
    batches, cut = [pa.RecordBatch.from_pylist([], schema=schema)], ""
    for batch in _plain(found, schema):
        if batch.num_rows > rows:
            batches.append(batch.slice(0, rows))
            cut = "rows"
            break
        size -= batch.nbytes
        if size < 0:
            cut = "bytes"
            break
        rows -= batch.num_rows
        batches.append(batch)
    return batches, cut


def _schema(schema: pa.Schema) -> pa.Schema:
    """Every type one that can be shown and written; of names that occur twice the second is told apart."""
    names: dict[str, int] = {}
    fields = []
    for field in schema:
        n = names[field.name] = names.get(field.name, 0) + 1
        name = field.name if n == 1 else f"{field.name} ({n})"
        fields.append((name, field.type if _simple(field.type) else pa.string()))
    return pa.schema(fields)


def _simple(type_: pa.DataType) -> bool:
    if pa.types.is_list(type_):
        return _simple(type_.value_type)
    checks = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_string, pa.types.is_date)
    return any(check(type_) for check in checks) or (pa.types.is_timestamp(type_) and type_.tz is None)


def _plain(found: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in found:
        columns = [
            column if column.type == field.type else pa.array([_text(v) for v in column.to_pylist()], pa.string())
            for column, field in zip(batch.columns, schema, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _failed(error: duckdb.Error) -> dict[str, Any]:
    """What DuckDB says, in plain words, with the place in the query where it shows one."""
    message, _, place = str(error).partition("\n\nLINE ")
    detail = (message.partition(": ")[2] or message).partition("\nDatabase is launched")[0]
    return _told(_WORDS.get(type(error).__name__, "The query failed."), detail, f"Line {place}" if place else "")


def _told(words: str, detail: str, place: str) -> dict[str, Any]:
    return {"kind": "failed", "words": words, "detail": detail[:1_000], "place": place[:1_000]}


def _place(query: str, at: int | None) -> str:
    """The line that a byte of the query stands in, with a mark beneath it."""
    if at is None:
        return ""
    before = query.encode()[:at].decode(errors="ignore")
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1)
    lines = query.split("\n")
    start = max(column - 60, 0)
    head = f"Line {line}: "
    return f"{head}{lines[line - 1][start : start + 120]}\n{' ' * (len(head) + column - start)}^"


def main() -> None:
    """Answer the one request on the standard input."""
    request = json.load(sys.stdin)
    confine(request["seconds"], request["memory"])
    answer(request, sys.stdout.buffer)


if __name__ == "__main__":
    main()
