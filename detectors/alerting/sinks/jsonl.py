"""A file that alerts are appended to, one JSON document a line; each alert is in it once."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

import orjson

from detectors.alerting.alert import Alert
from detectors.alerting.sink import Channel, Sink
from graph.errors import DeliveryError
from lockstep.config import Settings


class Jsonl(Sink):
    """``alerts.jsonl``."""

    name = "jsonl"

    def open(self, settings: Settings) -> Channel | None:
        """The file, opened for each alert anew: it may be moved away at any time."""
        path = settings.text("alerts.jsonl")
        return File(Path(path)) if path else None


class File:
    """Appends alerts; what a crash left half written ends up on a line of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, alert: Alert) -> None:
        """Append the alert and force it to disk."""
        try:
            if alert.id not in self._there():
                self._append(alert.to_json().encode() + b"\n")
        except OSError as error:
            what = f"alerts cannot be written: {error.strerror}"
            raise DeliveryError(
                what, str(self._path), "make room or mend its rights: lockstep alerts deliver"
            ) from error

    def _there(self) -> set[str]:
        """Ids of alerts in the file. Read again for each alert, since there are few, and others may write."""
        if not self._path.exists() or not stat.S_ISREG(self._path.stat().st_mode):
            return set()
        found = set()
        with self._path.open("rb") as file:
            for line in file:
                with contextlib.suppress(orjson.JSONDecodeError):
                    row = orjson.loads(line)
                    found.add(str(row.get("id")) if isinstance(row, dict) else "")
        return found

    def _append(self, line: bytes) -> None:
        new = not self._path.exists()
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            try:
                _write(handle, b"\n" * torn + line)
                os.fsync(handle)
            except OSError:
                with contextlib.suppress(OSError):  # a device has no length
                    os.ftruncate(handle, size)
                raise
        finally:
            os.close(handle)
        if new:
            _sync(self._path.absolute().parent)


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _sync(folder: Path) -> None:
    """Make sure that the file's name outlives a crash as well."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
