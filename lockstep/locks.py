"""Locks between processes that a crash cannot leave behind (``flock``: the kernel drops it with the process)."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL = 0.05  # seconds between two tries while waiting


class Locked(Exception):
    """Another process holds the lock."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: held by another process"


@contextmanager
def hold(path: Path, wait: float | None = None) -> Iterator[None]:
    """Hold the lock file ``path`` (made if missing, never removed: removing it would let two in).

    Parameters
    ----------
    wait : float, optional
        Seconds to wait for it; 0 to try once, None to wait for ever.

    Raises
    ------
    Locked
        Not free within ``wait`` seconds.
    OSError
        The file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if wait is None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        else:
            _try_until(handle, path, time.monotonic() + wait)
        yield
    finally:
        os.close(handle)


def _try_until(handle: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Locked(path) from None
            time.sleep(_POLL)
        else:
            return
