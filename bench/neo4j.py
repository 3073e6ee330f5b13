"""The Neo4j store beside a plain loader, in turn on one real server started from Maven Central's jars.

The plain loader is ``neo4j/naive_loader.py`` of the shared material: one UNWIND a batch, four MERGEs and a SET a row.
Ours writes the same nodes, relationships and properties from the same rows, and what Lockstep adds: versions, row
numbers, times on relationships, indexes by time. Rates are from rows in memory on both sides; a first pair warms the
server up.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.peers import ROOT, calm
from bench.report import Result, at_least, at_most
from graph.model import NodeRef, NodeType
from graph.projection import events
from graph.schema import TABLES
from graph.store import Store, open_store
from ingest.load import COMMIT_ROWS
from tests.server import QUICK, Neo4jServer

NAIVE = ROOT.parent / "shared" / "neo4j" / "naive_loader.py"
BASE = datetime(2026, 3, 1, tzinfo=UTC)
HUB = "HUB"
ASKED = 200  # nodes expanded one by one


def run(*, quick: bool) -> list[Result]:
    """Measure both sides; ``quick`` takes a tenth of the posts, once."""
    posts, repeats = (10_000, 1) if quick else (100_000, 3)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with Neo4jServer(folder / "neo4j", heap="1g", java=QUICK if quick else ()) as server:
            os.environ["LOCKSTEP_NEO4J_PASSWORD"] = server.password
            if not quick:
                naive(server, posts)
                ours(server, folder / "warm", posts)
            pairs = []
            for number in range(repeats):
                calm()
                theirs = naive(server, posts)
                calm()
                pairs.append((theirs, ours(server, folder / str(number), posts)))
            latencies = expansions(server, folder / "hub", posts)
    return report(pairs, latencies)


def report(
    pairs: Sequence[tuple[dict[str, float], dict[str, float]]], latencies: dict[str, list[float]]
) -> list[Result]:
    """Figures of both sides and their ratios, pair by pair."""

    def ratios(ours_: str, theirs: str) -> list[float]:
        return [mine[ours_] / plain[theirs] for plain, mine in pairs]

    def rates(name: str, *, plain: bool = False) -> list[float]:
        return [pair[0 if plain else 1][name] for pair in pairs]

    return [
        at_least("first load, posts/s", rates("first"), "1/s"),
        at_least("first load of the plain loader, posts/s", rates("first_posts_s", plain=True), "1/s"),
        at_least("first load relative to the plain loader", ratios("first", "first_posts_s"), "ratio", 1.0),
        at_least("the same (aim)", ratios("first", "first_posts_s"), "ratio", 1.3),
        at_least("reload, posts/s", rates("reload"), "1/s"),
        at_least("reload of the plain loader, posts/s", rates("reload_posts_s", plain=True), "1/s"),
        at_least("reload relative to the plain loader", ratios("reload", "reload_posts_s"), "ratio", 1.5),
        at_least("projection to Arrow, rows/s", rates("read"), "1/s"),
        at_least("execute_query into records, rows/s", rates("read_rows_s", plain=True), "1/s"),
        at_least("projection relative to execute_query", ratios("read", "read_rows_s"), "ratio", 3.0),
        at_least("the same (aim)", ratios("read", "read_rows_s"), "ratio", 4.0),
        at_least("full projection relative to one after 1 % new posts, in time", rates("increment"), "ratio", 20.0),
        at_most("1-hop expansion of an account, p95", [p95(latencies["account"])], "ms", 30.0),
        at_most("25 newest of the hub ticker, p95", [p95(latencies["hub"])], "ms", 100.0),
        at_least("relationships of the hub ticker", latencies["degree"], "1"),
    ]


def naive(server: Neo4jServer, posts: int) -> dict[str, float]:
    """The plain loader, in a process of its own: it empties the database, loads, reloads and reads."""
    command = [sys.executable, str(NAIVE), server.bolt, server.password, str(posts)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def ours(server: Neo4jServer, folder: Path, posts: int) -> dict[str, float]:
    """The same with the store: load, load again, project, load 1 % more and project again."""
    server.wipe()
    made = list(batches(posts))
    with open_store(server.url, folder) as store:
        first = posts / timed(lambda: load(store, made))
        again = posts / timed(lambda: load(store, made))
        full = timed(lambda: projected(store, posts))
        load(store, batches(posts // 100, first=posts))
        newer = timed(lambda: projected(store, posts + posts // 100))
    return {"first": first, "reload": again, "read": posts / full, "increment": full / newer}


def projected(store: Store, expected: int) -> None:
    """The events of a trace, from the store or from the cache and the store."""
    with store.view() as view:
        found = events(view, "ticker").num_rows
    if found != expected:
        raise AssertionError(f"{found} events, not {expected}")


def batches(posts: int, first: int = 0, ticker: str | None = None) -> Iterator[pa.RecordBatch]:
    """The plain loader's posts as the store takes them, in commits as ``lockstep ingest`` makes them."""
    rng = random.Random(1)
    rows: list[dict[str, Any]] = []
    for i in range(first, first + posts):
        author, symbol = rng.randrange(max(1, posts // 5)), int(rng.paretovariate(1)) % 200
        at = BASE + timedelta(microseconds=i)
        row = {"post": f"p{i}", "account": f"a{author}", "created_at": at, "kind": "post", "text": "x" * 120}
        rows.append({**row, "tickers": [ticker or f"t{symbol}"], "links": [], "hashtags": []})
    schema = TABLES["posts"].schema
    for start in range(0, posts, COMMIT_ROWS):
        yield pa.RecordBatch.from_pylist(rows[start : start + COMMIT_ROWS], schema=schema)


def load(store: Store, found: Iterable[pa.RecordBatch]) -> None:
    """Write each batch as a commit."""
    for batch in found:
        with store.writer() as writer:
            writer.write("posts", batch)


def expansions(server: Neo4jServer, folder: Path, posts: int) -> dict[str, list[float]]:
    """Milliseconds of expanding accounts and a hub, each asked for the first time in its view."""
    rng = random.Random(2)
    server.wipe()
    with open_store(server.url, folder) as store:
        load(store, batches(posts))
        load(store, batches(posts, first=posts, ticker=HUB))
        with store.view() as view:
            accounts = [NodeRef(NodeType.ACCOUNT, f"a{rng.randrange(posts // 5)}") for _ in range(ASKED)]
            hub = NodeRef(NodeType.TICKER, HUB)
            for node in [*accounts[: ASKED // 4], hub]:
                view.neighbours(node)
            found = {
                "account": [1000 * timed(lambda n=node: view.neighbours(n)) for node in accounts],  # type: ignore[misc]
                "hub": [1000 * timed(lambda: view.neighbours(hub)) for _ in range(ASKED)],
                "degree": [float(sum(view.degree(hub).values()))],
            }
    return found


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]
