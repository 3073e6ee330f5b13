"""A stream of 1e6 posts with 90 days of candles: a whole run, and a run after one per cent more.

The stream is made from a seed (:mod:`bench.planting.platform`) and loaded into a SQLite store first, which is not part
of the figures. Every step is a fresh process. The ratio is the time of a run from nothing over that of one which finds
what an earlier run has kept, both at the same cut, with the newest hundredth of the posts come in between; their
findings are compared, all that they say. Times are of the clock; CPU seconds stand beside the whole runs, for
machines that do other things as well.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.peers import ROOT
from bench.planting.platform import Platform, Size, load, load_market
from bench.report import Result, at_least, at_most
from graph.store import open_store

SEED = 6
SHARE = 0.01
FULL = Size(posts=1_010_000, days=90.9)
QUICK = Size(posts=20_200, days=90.9, tickers=4, rings=4, pumps=1)


def results(data: Path, *, quick: bool) -> list[Result]:
    """The figures; nothing of ``data`` is read."""
    del data
    with tempfile.TemporaryDirectory(prefix="lockstep-scale-") as folder:
        return measured(Path(folder), QUICK if quick else FULL)


def measured(home: Path, size: Size) -> list[Result]:
    """The figures for a platform of some size, made in a folder."""
    platform = Platform(size, SEED)
    first, newest = platform.split(SHARE)
    with open_store(f"sqlite:///{home / 'graph.db'}", home / "data") as store:
        load(store, first)
        load_market(store, platform)
    before = step("run", home, "kept")
    shutil.copytree(home / "kept", home / "tables")
    with open_store(f"sqlite:///{home / 'graph.db'}", home / "data") as store:
        load(store, newest)
    sweeps = [step("sweep", home, cache) for cache in ("nothing", "tables")]
    runs = [step("run", home, cache) for cache in ("afresh", "kept")]
    return [
        *whole(before, runs[0]),
        ratio("projection after 1 % more posts, times as fast", sweeps, "projection", 10.0),
        ratio("sweep after 1 % more posts, times as fast", sweeps, "sweep", 10.0),
        ratio("projection and sweep together after 1 % more posts, times as fast", sweeps, "both", 10.0),
        ratio("whole run after 1 % more posts, times as fast", runs, "seconds", 3.0),
        ratio("whole run after 1 % more posts, times as few CPU seconds", runs, "cpu", None),
        equality(runs),
    ]


def step(name: str, home: Path, cache: str) -> dict[str, Any]:
    """One step in a process of its own."""
    arguments = [f"sqlite:///{home / 'graph.db'}", str(home / "data"), str(home / cache)]
    command = [sys.executable, "-m", "bench.planting.incrementing", name, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def whole(*runs: dict[str, Any]) -> list[Result]:
    """What runs from nothing took."""
    found = [
        at_most("whole run of all detectors", [r["seconds"] for r in runs], "s", 180.0),
        at_most("whole run of all detectors, CPU", [r["cpu"] for r in runs], "s"),
        at_most("peak memory of a whole run", [r["peak_mb"] for r in runs], "MB", 4000.0),
    ]
    for name in runs[0]["by"]:
        found.append(at_most(f"whole run of {name}", [r["by"][name] for r in runs], "s"))
        found.append(at_least(f"findings of {name}", [float(r["findings"][name]) for r in runs], "findings"))
    failed = sorted({name for r in runs for name in r["failed"]})
    return [*found, at_most(f"detectors that failed ({', '.join(failed) or 'none'})", [len(failed)], "detectors", 0.0)]


def ratio(name: str, both: list[dict[str, Any]], key: str, target: float | None) -> Result:
    """How much faster the second is."""
    return at_least(name, [both[0][key] / both[1][key]], "ratio", target)


def equality(runs: list[dict[str, Any]]) -> Result:
    """Detectors that say the same with and without what was kept."""
    one, other = (r["digests"] for r in runs)
    same = sum(one[name] == other[name] for name in one)
    return at_least("detectors whose findings are the same with and without what was kept", [same], "of all", len(one))
