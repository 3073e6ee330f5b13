"""The time of the newest post, remembered up to a commit, so that only what came later is looked at.

The file is a convenience, as those of :mod:`graph.projection_cache` are: one of another database, or a damaged one, is
recognised and made anew, and a view pinned to an earlier commit does without it.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
import pyarrow.compute as pc

from graph.store import View

FILE = "newest-post.json"


@dataclass(frozen=True)
class Known:
    """What the newest post was at a commit."""

    seq: int
    recorded_at: str  # when the commit was made, by which its database is recognised
    at: datetime | None


def newest_post(view: View) -> datetime | None:
    """Time of the newest post; None where there is none."""
    known = _load(view.cache_dir) if view.cache_dir else None
    if known is not None and known.seq > view.seq:  # others see more, and have kept it
        return _read(view, 0, None)
    if known is not None and view.recorded_at(known.seq).isoformat() != known.recorded_at:
        known = None
    if known is None or view.gone("posts", known.seq).num_rows:
        found = _read(view, 0, None)
    else:
        found = _read(view, known.seq, known.at)
    if view.cache_dir and view.seq and (known is None or known.seq < view.seq):
        _save(view.cache_dir, Known(view.seq, view.recorded_at(view.seq).isoformat(), found))
    return found


def _read(view: View, after: int, before: datetime | None) -> datetime | None:
    """The newest of the posts that came after a commit, and of what was known then."""
    times = [pc.max(b["created_at"]).as_py() for b in view.scan("posts", columns=["created_at"], after=after)]
    return max((t for t in (before, *times) if t is not None), default=None)


def _load(folder: Path) -> Known | None:
    try:
        raw = orjson.loads((folder / FILE).read_bytes())
        at = None if raw["at"] is None else datetime.fromisoformat(raw["at"])
        known = Known(int(raw["seq"]), str(raw["recorded_at"]), at)
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return known if known.seq > 0 else None


def _save(folder: Path, known: Known) -> None:
    """Put it in place of the file in one step; a disk that is full or read-only costs only the time saved."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{FILE}-", delete=False) as file:
            file.write(orjson.dumps(known))
        Path(file.name).replace(folder / FILE)
