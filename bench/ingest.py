"""Loading posts: JSONL to a queryable, indexed store, beside coordination-network-toolkit on the same posts.

The toolkit stores messages and their links; Lockstep also extracts tickers, validates, keeps versions, links a graph.
Both are cold processes, taken in turn. Target: 0.6 of the toolkit's rate now, 1 the aim; memory flat from 1e5 to 1e6.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.peers import Measured, calm, lockstep, measure, peer, stream
from bench.report import Result, at_least, at_most

FLAT = 1.25  # largest ratio of peak memory between ten times as many posts that still counts as flat


def run(*, quick: bool) -> list[Result]:
    """Measure both sides; ``quick`` takes a tenth of the posts, once."""
    rows, repeats = (100_000, 1) if quick else (1_000_000, 3)
    command = peer("cnt")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = stream(rows, folder / "stream.csv")
        posts = to_jsonl(source, folder / "posts.jsonl")
        tenth = to_jsonl(stream(rows // 10, folder / "tenth.csv"), folder / "tenth" / "posts.jsonl")
        ours: list[Measured] = []
        theirs: list[Measured] = []
        for _ in range(repeats):
            calm()
            ours.append(load(posts, folder / "ours"))
            calm()
            theirs.append(preprocess(command, source, folder / "theirs.db"))
        small = load(tenth, folder / "small")
    ratios = [t.seconds / o.seconds for o, t in zip(ours, theirs, strict=True)]
    return [
        at_least("posts per second, JSONL to indexed store", [rows / o.seconds for o in ours], "1/s"),
        at_least(
            "posts per second, coordination-network-toolkit CSV import", [rows / t.seconds for t in theirs], "1/s"
        ),
        at_least("rate relative to the toolkit (now)", ratios, "ratio", 0.6),
        at_least("rate relative to the toolkit (aim)", ratios, "ratio", 1.0),
        at_most(f"peak memory at {rows:.0e} posts", [o.peak_mb for o in ours], "MB"),
        at_most(f"peak memory at {rows // 10:.0e} posts", [small.peak_mb], "MB"),
        at_most(
            "growth of peak memory over ten times the posts", [o.peak_mb / small.peak_mb for o in ours], "ratio", FLAT
        ),
    ]


def load(posts: Path, home: Path) -> Measured:
    """``lockstep ingest`` into an empty store."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    store = ["--store", f"sqlite:///{home / 'lockstep.db'}", "--data-dir", str(home / "data")]
    return measure(lockstep("ingest", str(posts), *store))


def preprocess(command: Path, source: Path, database: Path) -> Measured:
    """The toolkit's import into an empty database."""
    for file in database.parent.glob(database.name + "*"):
        file.unlink()
    return measure([str(command), str(database), "preprocess", str(source)])


def to_jsonl(source: Path, out: Path) -> Path:
    """The same posts as canonical JSONL, times as RFC 3339."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with source.open(newline="", encoding="utf-8") as rows, out.open("w", encoding="utf-8") as lines:
        for row in csv.DictReader(rows):
            post = {
                "post_id": row["message_id"],
                "account_id": row["user_id"],
                "created_at": datetime.fromtimestamp(int(row["timestamp"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "text": row["message"],
                "kind": "repost" if row["repost_id"] else "post",
                "parent_id": row["repost_id"] or None,
                "links": row["urls"].split(),
            }
            lines.write(json.dumps(post) + "\n")
    return out
