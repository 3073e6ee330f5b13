"""``lockstep network --action co_similar``: the same from a file and from a store, and what it says."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.cli import lockstep

POSTS = """post_id,account_id,created_at,text
1,anna,2026-01-01T00:00:00Z,"do not sleep on $PUMP tonight, it is going to the moon"
2,bo,2026-01-01T00:00:30Z,"Do not sleep on $PUMP tonight, it is going to the moon! https://t.co/x"
3,anna,2026-01-01T01:00:00Z,"do not sleep on $PUMP tonight, it is going to the moon"
4,bo,2026-01-01T01:00:30Z,"@all Do not sleep on $PUMP tonight, it is going to the MOON!! https://t.co/y"
5,cy,2026-01-01T01:00:30Z,https://t.co/z
6,dee,2026-01-01T01:00:30Z,https://t.co/z
"""


def edges(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_similar_texts_from_a_file_and_from_a_store(tmp_path: Path) -> None:
    posts, out, again = (tmp_path / name for name in ("posts.csv", "file.csv", "store.csv"))
    posts.write_text(POSTS, encoding="utf-8")
    where = ["--store", f"sqlite:///{tmp_path / 'graph.db'}", "--data-dir", tmp_path / "data"]
    ran = lockstep("network", "--input", posts, "--action", "co_similar", "--out", out, *where)
    assert ran.code == 0, ran.err
    assert "2 posts without words of their own were left out" in ran.err
    assert [(e["source"], e["target"], e["weight"], e["objects"]) for e in edges(out)] == [
        ("anna", "bo", "2", "1"),
        ("bo", "anna", "2", "2"),
    ]
    assert lockstep("ingest", posts, *where).code == 0
    assert lockstep("network", "--action", "co_similar", "--out", again, *where).code == 0
    assert again.read_bytes() == out.read_bytes()
    assert "0 edges" in lockstep("network", "--action", "co_text", "--out", out, *where).err
    strict = lockstep("network", "--action", "co_similar", "--similarity", 0.99, "--out", out, *where)
    assert (strict.code, "0 edges" in strict.err) == (0, True)


def test_a_similarity_out_of_range_is_refused(tmp_path: Path) -> None:
    where = ["--store", "memory://", "--data-dir", tmp_path / "data"]
    ran = lockstep("network", "--action", "co_similar", "--similarity", 0.3, "--out", tmp_path / "e.csv", *where)
    assert (ran.code, "from 0.5 to 1" in ran.err) == (2, True)
