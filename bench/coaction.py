"""The co-action join beside coordination-network-toolkit's, on the same posts; and how its time and memory grow.

``--peer cnt``: both sides count co_link within 60 and 600 s, least weight 2, two threads, each in a cold process, in
turn; their edges are compared. A *join* begins when the input is there and ends when the edges are. For the toolkit:
from its database, imported and with its indexes made beforehand (a fresh copy for each run, so that it never drops old
results), to its result table. For Lockstep: from the coded event table, in the file's order, to the arrays of edges.
Modules are imported on both sides before the clock starts; what loading and what compiling Lockstep's machine code
takes is given by itself.

``--growth``: the same join from 1e5 to 1e7 posts. time = a · events · log2(events) + b · pairs is fitted, and the
figure is the largest factor by which a measurement is off.

Without either, both. With the peer also from file to edges, as ``bench files`` does alone.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from bench import files
from bench.peers import ROOT, calm, peer, stream
from bench.report import Result, at_least, at_most
from graph.projection import SCHEMA, coded
from graph.schema import TIME

WINDOWS = {60: 25.0, 600: 50.0}  # seconds, and how many times as fast the join should be
THREADS = 2
LEAST = 2
GROWTH = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
WIDE = 1_000_000  # up to so many posts growth is measured at 600 s as well
TOOLKIT = """
import json, sys, time
from coordination_network_toolkit.compute_networks import compute_co_link_network
if __name__ == "__main__":
    database, window, least, threads = sys.argv[1], *map(int, sys.argv[2:])
    began = time.perf_counter()
    compute_co_link_network(database, window, min_edge_weight=least, n_threads=threads)
    print(json.dumps({"seconds": time.perf_counter() - began}))
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--peer", choices=["cnt"], help="only the comparison with this peer")
    parser.add_argument("--growth", action="store_true", help="only growth")


def run(*, quick: bool, peer: str | None = None, growth: bool = False) -> list[Result]:
    """Measure; ``quick`` takes few posts, once."""
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as temporary:
        if peer or not growth:
            results += beside(Path(temporary), 100_000 if quick else 1_000_000, 1 if quick else 3)
            results += [] if quick else files.run(quick=False)  # alone it has a quick form of its own
        if growth or not peer:
            results += grown(Path(temporary), [n // 10 for n in GROWTH[:3]] if quick else GROWTH)
    return results


def beside(folder: Path, rows: int, repeats: int) -> list[Result]:
    """The join of both sides in turn, and what a first start costs."""
    source = stream(rows, folder / f"{rows}.csv")
    table = events(source, folder / f"{rows}.arrow")
    database = imported(source, folder / "toolkit.db")
    results = [at_most("compiling the join, once after installing", [joined(table, 60, cache=folder).ready], "s")]
    loads = []
    for window, target in WINDOWS.items():
        ours, theirs = [], []
        for _ in range(repeats):
            calm()
            theirs.append(toolkit(database, window))
            calm()
            ours.append(joined(table, window))
            if (ours[-1].edges, ours[-1].weight) != (theirs[-1].edges, theirs[-1].weight):
                raise RuntimeError(f"the edges differ: {ours[-1]} {theirs[-1]}")
        loads += [o.ready for o in ours]
        ratios = [t.seconds / o.seconds for o, t in zip(ours, theirs, strict=True)]
        loaded = [t.seconds / (o.seconds + o.ready) for o, t in zip(ours, theirs, strict=True)]
        results += [
            at_least(f"join at {window} s relative to the toolkit's", ratios, "ratio", target),
            at_least(f"the same with loading the compiled code at {window} s", loaded, "ratio"),
            at_most(f"join at {window} s", [o.seconds for o in ours], "s"),
            at_most(f"the toolkit's join at {window} s", [t.seconds for t in theirs], "s"),
            at_most(f"peak memory of the join's process at {window} s", [o.peak_mb for o in ours], "MB"),
            at_least(f"edges at {window} s, the same on both sides", [o.edges for o in ours], "edges"),
        ]
    return [*results, at_most("loading the compiled code", loads, "s")]


def grown(folder: Path, sizes: Sequence[int]) -> list[Result]:
    """Time and memory of the join at several sizes, and what a fit of a · n · log n + b · pairs leaves unexplained."""
    points: list[Join] = []
    for rows in sizes:
        source = stream(rows, folder / f"{rows}.csv")
        table = events(source, folder / f"{rows}.arrow")
        source.unlink()
        for window in (60, 600) if rows <= WIDE else (60,):
            calm()
            points.append(min((joined(table, window) for _ in range(3)), key=lambda j: j.seconds))
            print(f"{rows} posts, {window} s: {points[-1]}", flush=True)
        table.unlink()
        last = points[-1]
    a, b, off = fitted(points)
    largest = f"{sizes[-1]:.0e} posts and 60 s"
    return [
        at_most("largest factor off a · events · log2(events) + b · pairs", [off], "ratio", 1.5),
        at_most("the same of CPU seconds, which other work disturbs less", [fitted(points, cpu=True)[2]], "ratio"),
        at_most("a", [a * 1e9], "ns"),
        at_most("b", [b * 1e9], "ns"),
        at_most(f"join at {largest}", [last.seconds], "s"),
        at_most(f"peak memory of the join's process at {largest}", [last.peak_mb], "MB", 2_000),
    ]


@dataclass(frozen=True)
class Join:
    """One join in a process of its own."""

    seconds: float
    edges: int
    weight: int  # their sum
    events: int = 0
    pairs: int = 0  # in windows
    cpu: float = 0.0  # seconds of all threads
    ready: float = 0.0  # seconds until the compiled code is there
    peak_mb: float = 0.0  # of the process


def fitted(points: Sequence[Join], *, cpu: bool = False) -> tuple[float, float, float]:
    """Seconds a unit of events · log2(events) and a pair, and the largest factor by which a point is off them.

    The fit is the one whose largest factor (measured / fitted or its inverse, whichever is larger) is least. For a
    given share of the two terms the best scale is in the middle of the extremes, so that only the share is searched.
    """
    sorting = np.array([p.events * np.log2(p.events) for p in points])
    pairs = np.array([p.pairs for p in points], float)
    seconds = np.array([p.cpu if cpu else p.seconds for p in points])
    best = (0.0, 0.0, np.inf)
    for share in np.geomspace(1e-3, 1e3, 2_001):  # nanoseconds of a pair for one of the other unit
        ratio = (sorting + share * pairs) / seconds
        factor = float(np.sqrt(ratio.max() / ratio.min()))
        if factor < best[2]:
            scale = 1 / float(np.sqrt(ratio.max() * ratio.min()))
            best = (scale, scale * float(share), factor)
    return best


def joined(table: Path, window: int, *, cache: Path | None = None) -> Join:
    """Lockstep's join; with ``cache``, compiled code is kept there instead of where it usually is."""
    command = [sys.executable, "-m", "bench.joining", str(table), str(window), str(LEAST), str(THREADS)]
    place = {"NUMBA_CACHE_DIR": str(cache / "compiled")} if cache else {}
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **place}, capture_output=True, text=True, check=True)
    return Join(**json.loads(done.stdout.splitlines()[-1]))


def toolkit(database: Path, window: int) -> Join:
    """The toolkit's join on a fresh copy of its database; loops are left out, as its export does."""
    copy = database.with_name("run.db")
    shutil.copy(database, copy)
    calm()  # the copy is on disk before the clock starts
    command = [str(peer("cnt").with_name("python")), "-c", TOOLKIT, str(copy), str(window), str(LEAST), str(THREADS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    with closing(sqlite3.connect(copy)) as connection:
        query = "SELECT count(*), coalesce(sum(weight), 0) FROM co_link_network WHERE user_1 <> user_2"
        edges, weight = connection.execute(query).fetchone()
    return Join(json.loads(done.stdout.splitlines()[-1])["seconds"], edges, weight)


def imported(source: Path, database: Path) -> Path:
    """The toolkit's database, its indexes made by a join of which nothing is kept."""
    command = str(peer("cnt"))
    subprocess.run([command, str(database), "preprocess", str(source)], check=True, capture_output=True)
    least = str(2**40)
    join = [command, str(database), "compute", "co_link", "--time_window", "0", "--min_edge_weight", least]
    subprocess.run(join, check=True, capture_output=True)
    return database


def events(source: Path, out: Path) -> Path:
    """The event table of co_link in the order of the file, as Lockstep's join finds it in memory."""
    kinds = {name: pa.string() for name in ("message_id", "user_id", "repost_id", "urls")} | {"timestamp": pa.int64()}
    posts = csv.read_csv(source, convert_options=csv.ConvertOptions(column_types=kinds, include_columns=[*kinds]))
    posts = posts.filter(pc.equal(posts["repost_id"], ""))
    links = pc.split_pattern(posts["urls"].combine_chunks(), " ")
    rows = posts.take(pc.list_parent_indices(links))
    times = pc.multiply(rows["timestamp"], 1_000_000).cast(TIME)
    columns = [coded(rows["user_id"]), coded(pc.list_flatten(links)), times, coded(rows["message_id"])]
    table = pa.table(columns, schema=SCHEMA).combine_chunks()
    with pa.OSFile(str(out), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return out
