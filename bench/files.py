"""From a file to edges: ``lockstep network --input`` beside coordination-network-toolkit's import and join.

Both sides read the same CSV, in the toolkit's own form, and find the edges of co_link within 60 s that weigh 2 or more.
The toolkit's time is that of two cold processes, its import into a new database and its join, whose result stays in the
database: no export is charged to it. Ours is that of one cold process that ends with the edges in a file, numba's
compiled code being there already. They run in turn, and all three results must be the same.
"""

from __future__ import annotations

import argparse
import csv
import resource
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from bench.peers import Measured, calm, lockstep, measure, peer, stream
from bench.report import Result, at_least, at_most

WINDOW, LEAST = 60, 2
MEMORY_MB = 600


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side (%(default)s)")


def run(*, quick: bool, repeats: int = 3) -> list[Result]:
    """Measure; ``quick`` takes few posts, once."""
    rows = 100_000 if quick else 1_000_000
    repeats = 1 if quick else repeats
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = stream(rows, folder / f"{rows}.csv")
        ours(source, folder / "first.csv")  # machine code is compiled, or found where it is kept
        return beside(source, folder, repeats)


def beside(source: Path, folder: Path, repeats: int) -> list[Result]:
    """Both sides in turn, and whether their edges are the same."""
    theirs: list[Measured] = []
    plain: list[Measured] = []
    compat: list[Measured] = []
    work: list[float] = []
    for i in range(repeats):
        calm()
        database = folder / f"toolkit-{i}.db"
        began = cpu()
        theirs.append(toolkit(source, database))
        calm()
        then = cpu()
        plain.append(ours(source, folder / "edges.csv"))
        work.append((then - began) / (cpu() - then))
        calm()
        compat.append(ours(source, folder / "compat.csv", "--compat", "cnt"))
        expected = table(database)
        if not expected == read(folder / "edges.csv") == read(folder / "compat.csv"):
            raise RuntimeError("the edges differ")
        database.unlink()
    ratios = [t.seconds / o.seconds for t, o in zip(theirs, plain, strict=True)]
    as_they_do = [t.seconds / o.seconds for t, o in zip(theirs, compat, strict=True)]
    return [
        at_least("from file to edges relative to the toolkit", ratios, "ratio", 10.0),
        at_least("the same with --compat cnt", as_they_do, "ratio"),
        at_least("the same in CPU seconds, which other work disturbs less", work, "ratio"),
        at_most("from file to edges", [m.seconds for m in plain], "s"),
        at_most("the same with --compat cnt, seconds", [m.seconds for m in compat], "s"),
        at_most("the toolkit's import and join", [m.seconds for m in theirs], "s"),
        at_most("peak memory", [m.peak_mb for m in plain], "MB", MEMORY_MB),
        at_most("peak memory with --compat cnt", [m.peak_mb for m in compat], "MB"),
        at_least("edges, the same on both sides", [float(len(expected))], "edges"),
    ]


def ours(source: Path, out: Path, *more: str) -> Measured:
    """One cold process from the file to the edges' file."""
    rule = ("--action", "co_link", "--window", str(WINDOW), "--min-weight", str(LEAST))
    return measure(lockstep("network", "--input", str(source), *rule, "--out", str(out), *more))


def cpu() -> float:
    """CPU seconds of all processes that have been started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def toolkit(source: Path, database: Path) -> Measured:
    """The toolkit's import and its join, each a cold process."""
    command = str(peer("cnt"))
    first = measure([command, str(database), "preprocess", str(source)])
    rule = ("--time_window", str(WINDOW), "--min_edge_weight", str(LEAST))
    second = measure([command, str(database), "compute", "co_link", *rule])
    return Measured(first.seconds + second.seconds, max(first.peak_mb, second.peak_mb))


def table(database: Path) -> dict[tuple[str, str], int]:
    """The toolkit's edges, without those of an account to itself."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT user_1, user_2, weight FROM co_link_network WHERE user_1 <> user_2")
        return {(u, v): w for u, v, w in rows}


def read(path: Path) -> dict[tuple[str, str], int]:
    """Our edges."""
    with path.open(encoding="utf-8", newline="") as file:
        return {(r["source"], r["target"]): int(r["weight"]) for r in csv.DictReader(file)}
