"""Arrays that took long to compute, kept in files under a name and a digest of all that they follow from.

What is kept is a convenience, never a source of truth: whoever asks gives the digest of what it has before it, and
gets what was computed from just that, or nothing. A file is written under another name and renamed; it ends with a
sum, so that a damaged one is as good as none; of one name only the newest digest stays; and files that were not used
for longest go when all of them take more than is allowed. Any number of processes may use one folder.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

LIMIT_MB = 2048.0
STALE_S = 3600.0
"""Age from which an unfinished file is that of a process that died."""
SUM_BYTES = 8
Arrays = Mapping[str, npt.NDArray[Any]]


class Kept:
    """A folder of such files.

    Parameters
    ----------
    folder : Path or None
        Where they lie; None: nothing is kept.
    limit_mb : float
        Megabytes (10⁶ bytes) that all files may take after :meth:`tidy`.
    """

    def __init__(self, folder: Path | None, limit_mb: float = LIMIT_MB) -> None:
        self._folder, self._limit = folder, limit_mb * 1e6

    def get(self, name: str, digest: str) -> dict[str, npt.NDArray[Any]] | None:
        """What was computed for this digest, not to be written through; None where it is not there."""
        if self._folder is None:
            return None
        path = self._path(name, digest)
        found = _load(path)
        if found is not None:
            with contextlib.suppress(OSError):
                os.utime(path)
        return found

    def put(self, name: str, digest: str, arrays: Arrays) -> None:
        """Keep arrays of one dimension; a disk that is full or read-only costs only the time saved."""
        if self._folder is None:
            return
        path = self._path(name, digest)
        if _save(path, arrays):
            for old in path.parent.glob(f"{name}.*.arrow"):
                if old != path:
                    _remove(old)

    def tidy(self) -> None:
        """Remove what was not used for longest where there is too much, and what killed processes left behind."""
        if self._folder is None or not self._folder.is_dir():
            return
        sizes = []
        for file in self._folder.iterdir():
            with contextlib.suppress(OSError):
                about = file.stat()
                if file.name.startswith(".") and time.time() - about.st_mtime > STALE_S:
                    _remove(file)
                elif file.suffix == ".arrow":
                    sizes.append((about.st_mtime_ns, about.st_size, file))
        total = sum(size for _, size, _ in sizes)
        for _, size, file in sorted(sizes, key=lambda s: (s[0], s[2].name)):
            if total <= self._limit:
                break
            _remove(file)
            total -= size

    def _path(self, name: str, digest: str) -> Path:
        return (self._folder or Path()) / f"{name}.{digest}.arrow"


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError):  # another process tidies as well
        file.unlink(missing_ok=True)


def _load(path: Path) -> dict[str, npt.NDArray[Any]] | None:
    try:
        with pa.memory_map(str(path)) as source:
            whole = source.read_buffer()
        cut = max(whole.size - SUM_BYTES, 0)
        content = whole.slice(0, cut)
        if _sum(content) != int.from_bytes(whole.slice(cut)):
            return None
        batch = pa.ipc.open_file(content).get_batch(0)
        return {name: batch.column(name).values.to_numpy() for name in batch.schema.names}
    except (OSError, pa.ArrowException, AttributeError, ValueError):
        return None


def _sum(content: pa.Buffer) -> int:
    """A number that a torn or overwritten file does not end with."""
    raw = np.frombuffer(content, np.uint8)
    words, rest = np.split(raw, [len(raw) // 8 * 8])
    return (int(words.view(np.uint64).sum()) + int(rest.sum()) + len(raw) + 1) % 2**64


def _save(path: Path, arrays: Arrays) -> bool:
    """Put it in place in one step."""
    columns = {name: pa.array(array) for name, array in arrays.items()}
    rows = [pa.ListArray.from_arrays(pa.array([0, len(c)], pa.int32()), c) for c in columns.values()]
    batch = pa.RecordBatch.from_arrays(rows, names=list(columns))
    temporary = None
    with contextlib.suppress(OSError):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
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
                _remove(Path(temporary))
    return False
