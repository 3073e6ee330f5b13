"""Reading a demo network's files back without the loader: what the generator's tests look at."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from pathlib import Path
from typing import Any

from lockstep.demo.files import LAYOUT

Rows = list[dict[str, Any]]


def content(folder: Path, kind: str) -> bytes:
    """A file's bytes, unpacked."""
    path = folder / LAYOUT[kind][0]
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def rows(folder: Path, kind: str) -> Rows:
    """All rows that can be read; JSONL lines that are not JSON are left out."""
    data = content(folder, kind)
    if ".csv" in LAYOUT[kind][0]:
        return list(csv.DictReader(io.StringIO(data.decode())))
    return [row for line in data.splitlines() if (row := _json(line)) is not None]


def fingerprints(folder: Path) -> dict[str, str]:
    """SHA-256 of every file's unpacked content."""
    return {kind: hashlib.sha256(content(folder, kind)).hexdigest() for kind in LAYOUT}


def _json(line: bytes) -> dict[str, Any] | None:
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return row
