"""Event tables and networks for tests of the co-action sweep and of detectors, and a sweep too plain to be wrong."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from graph.projection import SCHEMA, coded
from graph.schema import TIME
from tests.stores import at

Event = tuple[str, str, float, str]  # actor, object, seconds, message
Weights = dict[tuple[str, str], int]

WORDS = ("the", "a", "my", "long", "chart", "up", "down", "candle", "wait", "hold", "sell", "never", "why")


def events_of(rows: Iterable[Event]) -> pa.Table:
    """An event table, its rows in the given order."""
    columns = [list(c) for c in zip(*rows, strict=True)] or [[], [], [], []]
    text = [coded(pa.array(columns[i], pa.string())) for i in (0, 1, 3)]
    times = pa.array([round(s * 1e6) for s in columns[2]], pa.int64()).cast(TIME)
    return pa.table([text[0], text[1], times, text[2]], schema=SCHEMA)


def rows_of(table: pa.Table) -> list[tuple[str, str, datetime, str]]:
    """An event table's rows as plain values."""
    return [tuple(row.values()) for row in table.to_pylist()]


def naive(rows: Sequence[Event], window: float, *, loops: bool = False) -> Weights:
    """Distinct messages of u with a partner message of v, by comparing everything with everything."""
    met: dict[tuple[str, str], set[str]] = {}
    width = round(window * 1e6)
    for u, thing, t, message in rows:
        for v, other, s, partner in rows:
            close = abs(round(t * 1e6) - round(s * 1e6)) <= width
            if thing == other and close and message != partner and (loops or u != v):
                met.setdefault((u, v), set()).add(message)
    return {pair: len(messages) for pair, messages in met.items()}


def weights(table: pa.Table) -> Weights:
    """Columns source, target and weight as a mapping."""
    columns = (table[name].to_pylist() for name in ("source", "target", "weight"))
    return {(u, v): w for u, v, w in zip(*columns, strict=True)}


def planted(seed: int = 7, ring: int = 5, calls: int = 8) -> dict[str, list[dict[str, Any]]]:
    """A small platform: 60 people who post at random over ten days, and a ring told to push $PUMP together."""
    rng = random.Random(seed)
    posts: list[dict[str, Any]] = []

    def post(who: str, when: float, text: str, **more: Any) -> None:
        row = {"post": f"x:post{len(posts)}", "account": who, "created_at": at(when), "kind": "post", "text": text}
        posts.append({**row, **more})

    crowd = [f"x:person{i:02}" for i in range(60)]
    members = [f"x:member{i}" for i in range(ring)]
    for who in (*crowd, *members):
        for _ in range(rng.randrange(4, 20)):
            coin = rng.choice(["BTC", "ETH", "SOL", "DOGE", "ADA"])
            words = " ".join(rng.choices(WORDS, k=6))
            post(who, rng.uniform(0, 864_000), f"{words} ${coin}", tickers=[coin])
    for call in range(calls):
        begin = 40_000 + 100_000 * call + rng.uniform(0, 20_000)
        for who in members:
            text = f"do not sleep on $PUMP round {call}"
            link = ["https://pump.example/join"] if call % 2 else []
            post(who, begin + rng.uniform(0, 40), text, tickers=["PUMP"], links=link)
    return {"posts": posts}


def renamed(
    tables: Mapping[str, Sequence[Mapping[str, Any]]], names: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    """The same rows with other account keys."""
    return {t: [{**r, "account": names.get(r["account"], r["account"])} for r in rows] for t, rows in tables.items()}
