"""Runs a query for a person, bounded in every way: rows, bytes, time, memory, and how many run at once."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from dashboard.querying.making import Source, ensure
from dashboard.querying.tables import ALL

LONGEST = 20_000
"""Characters of a query."""
AT_ONCE = 2
"""Queries that run at the same time, whoever asks."""


@dataclass(frozen=True)
class Limits:
    """What one query may take."""

    rows: int = 20_000
    seconds: int = 20
    memory: int = 512 << 20  # bytes of DuckDB's buffers
    bytes: int = 16 << 20  # of the rows


@dataclass(frozen=True)
class Outcome:
    """What came of a query: rows, or in plain words why not.

    ``cut`` is ``rows`` or ``bytes`` where there is more than that limit lets through.
    """

    rows: pa.Table | None = None
    cut: str = ""
    seconds: float = 0.0
    words: str = ""
    detail: str = ""  # what the engine says
    place: str = ""  # the line, and a mark beneath the place


@dataclass
class Slots:
    """Who is running a query: one a person, so many in all."""

    most: int = AT_ONCE
    patience: float = 10.0  # seconds to wait for one
    _free: threading.BoundedSemaphore = field(init=False)
    _busy: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._free = threading.BoundedSemaphore(self.most)

    @contextmanager
    def taken(self, person: str) -> Iterator[str]:
        """A place for this person's query; else the words that say why there is none."""
        with self._lock:
            mine = person not in self._busy
            self._busy.add(person)
        if not mine:
            yield "Another query of yours is still running. Wait until it ends."
            return
        try:
            if not self._free.acquire(timeout=self.patience):
                yield "Other people's queries are running. Try again in a moment."
                return
            try:
                yield ""
            finally:
                self._free.release()
        finally:
            with self._lock:
                self._busy.discard(person)


SLOTS = Slots()


def run(source: Source, query: str, person: str, limits: Limits | None = None, slots: Slots = SLOTS) -> Outcome:
    """Run a query over a store at a commit; what is wrong with it is said, never raised.

    Raises
    ------
    StoreError
        The tables that it names could not be made.
    """
    if len(query) > LONGEST:
        return Outcome(words=f"The query is longer than {LONGEST:,} characters.")
    with slots.taken(person) as busy:
        if busy:
            return Outcome(words=busy)
        known = limits or Limits()
        said, rest = _asked(source, query, known)
        if said["kind"] == "needs":
            ensure(source, said["tables"])
            said, rest = _asked(source, query, known)
    if said["kind"] == "rows":
        with pa.ipc.open_stream(rest) as stream:
            return Outcome(stream.read_all(), said["cut"], said["seconds"])
    return Outcome(words=said["words"], detail=said["detail"], place=said["place"], seconds=said["seconds"])


def _asked(source: Source, query: str, limits: Limits) -> tuple[dict[str, Any], bytes]:
    """What the process that runs it says, and the rows it sends."""
    request = {
        "query": query, "files": {t: str(source.file(t)) for t in ALL},
        "rows": limits.rows, "seconds": limits.seconds, "memory": limits.memory, "bytes": limits.bytes,
    }  # fmt: skip
    try:
        with tempfile.TemporaryDirectory(prefix="lockstep-sql-") as empty:
            done = subprocess.run(
                [sys.executable, "-I", "-m", "dashboard.querying.child"],
                input=json.dumps(request).encode(), capture_output=True, cwd=empty, env={"HOME": empty},
                timeout=limits.seconds + 10, check=False,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _ended(f"The query took longer than {limits.seconds} s, and was ended."), b""
    line, _, rest = done.stdout.partition(b"\n")
    if done.returncode or not line:
        return _ended("The query was ended: it took more memory or time than it may."), b""
    said: dict[str, Any] = json.loads(line)
    return said, rest


def _ended(words: str) -> dict[str, Any]:
    return {"kind": "failed", "words": words, "detail": "", "place": "", "seconds": 0.0}
