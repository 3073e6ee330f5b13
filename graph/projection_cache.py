"""Events kept in files up to a commit, so that a projection reads and computes only what is newer.

A trace has two files. The base holds its events as :class:`graph.coded.Coded` has them. What came later lies beside it:
further events, and the numbers of the base's that no longer hold. Only this second file is written anew with each run,
until it has grown to a share of the base (:data:`SHARE`) and both become a new base.

Files are Arrow's own, mapped into memory: Parquet would decode every text and code of the base each time, which alone
takes longer than reading and placing what a hundredth more posts bring.

A file is a convenience, never a source of truth: what :func:`through` returns is what reading the whole store would
give. The file of another database, of another version, or a damaged one is recognised and made anew; a view pinned to
a commit before the file's does without it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from graph.coded import COLUMNS, TEXTS, Coded, merged
from graph.store import View

VERSION = 2
META = b"lockstep.projection"
SHARE = 0.1  # of the base: from here on, what came later is merged into it
STALE_S = 3600  # age from which an unfinished file is that of a process that died; writing one takes seconds
KEYS = {"posts": "post", "interactions": "interaction"}
TYPES: Mapping[str, Any] = {"at": np.int64, "repost": np.bool_}  # others: int32
SUM_BYTES = 8


@dataclass(frozen=True)
class Read:
    """What was read of the store after a commit."""

    events: Coded
    rows: int  # read, whether they made events or not
    tables: tuple[str, ...]  # every table read


@dataclass(frozen=True)
class Kept:
    """A file's content.

    Parameters
    ----------
    lost : ndarray of int32
        Numbers of the base's events that no longer hold.
    seq : int
        The commit up to which it holds.
    recorded_at : str
        When that commit was made, by which the file's database is recognised.
    base : str
        The name that the base was given: a file of later events belongs to one base.
    """

    events: Coded
    lost: npt.NDArray[np.int32]
    seq: int
    recorded_at: str
    base: str


def through(view: View, trace: str, read: Callable[[int], Read]) -> Coded:
    """The trace's events: those kept, brought up to the view, else all of them read anew."""
    if view.cache_dir is None:
        return read(0).events
    files = Files(view.cache_dir, trace)
    base = files.base()
    if base is not None and base.seq > view.seq:
        return read(0).events
    later = base and files.later(base)
    known = _known(view, later, base)
    if base is None or later is None or known is None:
        got = read(0)
        if got.rows:
            files.put_base(view, got.events)
        return got.events
    newer = _brought_up(view, base, known, read(known.seq)) if known.seq < view.seq else None
    if newer is None:
        return _whole(base, known)
    whole = _whole(base, newer)
    if later.seq > view.seq:  # others see more, and have kept it
        return whole
    if len(newer.events) + len(newer.lost) > SHARE * len(base.events):
        files.put_base(view, whole)
    else:
        files.put_later(newer)
    return whole


def _known(view: View, *found: Kept | None) -> Kept | None:
    """The first of what is kept that holds up to a commit which is the view's as well."""
    for kept in found:
        if kept is not None and kept.seq <= view.seq and kept.recorded_at == _recorded_at(view, kept.seq):
            return kept
    return None


def _recorded_at(view: View, seq: int) -> str:
    return view.recorded_at(seq).isoformat()


def _whole(base: Kept, later: Kept) -> Coded:
    if later is base:
        return base.events
    return merged(_without(base.events, later.lost), later.events)


def _without(events: Coded, lost: npt.NDArray[np.int32]) -> Coded:
    if not len(lost):
        return events
    mask = np.ones(len(events), bool)
    mask[lost] = False
    return events.keep(mask)


def _brought_up(view: View, base: Kept, later: Kept, got: Read) -> Kept | None:
    """What came after the base, up to the view; None where nothing came after what is known."""
    empty = pa.array([], pa.string())
    gone = {table: view.gone(table, later.seq)[KEYS[table]] for table in got.tables}
    if not got.rows and not any(map(len, gone.values())):
        return None
    keys = gone.get("posts", empty), gone.get("interactions", empty)
    events, lost = (later.events, later.lost) if later is not base else (got.events, base.lost)
    if any(map(len, keys)):
        lost = np.union1d(lost, np.flatnonzero(base.events.made_by(*keys))).astype(np.int32)
    if later is not base:
        events = merged(events.keep(~events.made_by(*keys)) if any(map(len, keys)) else events, got.events)
    return Kept(events, lost, view.seq, _recorded_at(view, view.seq), base.base)


@dataclass(frozen=True)
class Files:
    """A trace's two files in a folder."""

    folder: Path
    trace: str

    @property
    def _base(self) -> Path:
        return self.folder / f"{self.trace}.arrow"

    @property
    def _later(self) -> Path:
        return self.folder / f"{self.trace}.later.arrow"

    def base(self) -> Kept | None:
        """The base, if there is one that can be trusted."""
        return _load(self._base)

    def later(self, base: Kept) -> Kept:
        """What came after the base; the base itself where nothing did, or nothing of this base."""
        found = _load(self._later)
        return found if found is not None and found.base == base.base else base

    def put_base(self, view: View, events: Coded) -> None:
        """Make a new base; what came after another one is of no use any more."""
        none = np.empty(0, np.int32)
        if _save(self._base, Kept(events, none, view.seq, _recorded_at(view, view.seq), uuid.uuid4().hex)):
            with contextlib.suppress(OSError):
                self._later.unlink(missing_ok=True)

    def put_later(self, later: Kept) -> None:
        """Keep what came after the base."""
        _save(self._later, later)


def _load(path: Path) -> Kept | None:
    """A file's content; None where there is none, or none that can be trusted."""
    try:
        with pa.memory_map(str(path)) as source:
            whole = source.read_buffer()
        content, end = whole.slice(0, max(whole.size - SUM_BYTES, 0)), whole.slice(max(whole.size - SUM_BYTES, 0))
        if _sum(content) != int.from_bytes(end):
            return None
        batch = pa.ipc.open_file(content).get_batch(0)
        meta = orjson.loads((batch.schema.metadata or {})[META])
        if meta["version"] != VERSION:
            return None
        arrays = {name: batch.column(name).values for name in batch.schema.names}
        columns = {name: arrays[name].to_numpy().view(TYPES.get(name, np.int32)) for name in (*COLUMNS, "lost")}
        lost = columns.pop("lost")
        events = Coded(columns, {name: arrays[f"{name}s"] for name in TEXTS})
        return Kept(events, lost, int(meta["seq"]), str(meta["recorded_at"]), str(meta["base"]))
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return None


def _sum(content: pa.Buffer) -> int:
    """A number that a torn or overwritten file does not end with; adding words takes next to no time."""
    raw = np.frombuffer(content, np.uint8)
    words, rest = np.split(raw, [len(raw) // 8 * 8])
    return (int(words.view(np.uint64).sum()) + int(rest.sum()) + len(raw)) % 2**64


def _save(path: Path, kept: Kept) -> bool:
    """Put it in place of the file in one step; a disk that is full or read-only costs only the time saved."""
    batch = _batch(kept)
    meta = {"version": VERSION, "seq": kept.seq, "recorded_at": kept.recorded_at, "base": kept.base}
    batch = batch.replace_schema_metadata({META: orjson.dumps(meta)})
    temporary = None
    with contextlib.suppress(OSError):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _tidy(path.parent)
            handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                with pa.ipc.new_file(file, batch.schema) as writer:
                    writer.write(batch)
                file.flush()
                with pa.memory_map(temporary) as written:
                    end = _sum(written.read_buffer()).to_bytes(SUM_BYTES)
                file.write(end)
            Path(temporary).replace(path)
            temporary = None
            return True
        finally:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)
    return False


def _batch(kept: Kept) -> pa.RecordBatch:
    """Columns of many lengths as one row of lists."""
    arrays: Mapping[str, pa.Array] = {
        **{f"{name}s": kept.events.values[name] for name in TEXTS},
        **{name: pa.array(column) for name, column in kept.events.columns.items()},
        "repost": pa.array(kept.events.columns["repost"].view(np.uint8)),
        "lost": pa.array(kept.lost),
    }
    rows = [pa.ListArray.from_arrays(pa.array([0, len(array)], pa.int32()), array) for array in arrays.values()]
    return pa.RecordBatch.from_arrays(rows, names=list(arrays))


def _tidy(folder: Path) -> None:
    """Remove what processes left behind that were killed while they wrote."""
    for left in folder.glob(".*.arrow-*"):
        with contextlib.suppress(FileNotFoundError):  # another process tidies as well
            if time.time() - left.stat().st_mtime > STALE_S:
                left.unlink()
