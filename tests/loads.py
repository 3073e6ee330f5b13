"""Rows for loads that tests disturb, and what a store holds after them."""

from __future__ import annotations

from typing import Any

import orjson

from graph.schema import TABLES
from graph.store import Store


def post(i: int) -> bytes:
    """A line of a JSONL file of posts: corrections, two units of time and unreadable lines are among them."""
    row: dict[str, Any] = {
        "post_id": str(i if i % 997 else 1),  # a few corrections
        "account_id": f"a{i % 100}",
        "created_at": 1_700_000_000 + i,
        "text": f"gm {i} $T{i % 50} https://a.example/{i % 300}",
    }
    if i % 501 == 0:
        row["created_at"] *= 1000
    if i % 4 == 0:
        row |= {"kind": "repost", "parent_id": f"p{i % 700}"}
    return b"{broken\n" if i % 1001 == 7 else orjson.dumps(row) + b"\n"


def contents(store: Store) -> tuple[dict[str, list[str]], list[str]]:
    """Every current row and every rejected row, as sorted JSON."""
    with store.view() as view:
        tables = {
            name: sorted(
                orjson.dumps(row, default=str).decode() for batch in view.scan(name) for row in batch.to_pylist()
            )
            for name in TABLES
        }
    rejected = sorted(f"{r.source} {r.line} {r.type} {r.field} {r.reason} {r.raw}" for r in store.rejected())
    return tables, rejected
