"""One join in a process of its own: ``python -m bench.joining EVENTS.arrow WINDOW LEAST THREADS``; prints JSON."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import pyarrow as pa

from detectors.coaction.sweep import Edges, Sweep
from graph.projection import SCHEMA, coded
from graph.schema import TIME


def join(table: pa.Table, window: float, least: int, threads: int) -> tuple[Edges, Sweep]:
    """What is measured: from an event table, in any order, to its edges."""
    sweep = Sweep(table, window, threads=threads)
    return sweep.by_message(min_weight=least), sweep


def few() -> pa.Table:
    """Three events, not sorted, one message with two: enough to load every kernel that a join needs."""
    texts = (coded(pa.array(list(t))) for t in ("aba", "yxx"))
    times = pa.array([0, 1, 2]).cast(TIME)
    actor, thing = texts
    return pa.table([actor, thing, times, coded(pa.array(list("mnm")))], schema=SCHEMA)


def peak_mb() -> float:
    """Largest resident memory of this process; what getrusage says would include the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kilobytes) * 1024 / 1e6


def main() -> None:
    """Load what is needed, join, and say how long each took."""
    path, window, least, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    began = time.perf_counter()
    join(few(), window, 1, threads)
    ready = time.perf_counter() - began
    with pa.memory_map(path) as file:
        table = pa.ipc.open_file(file).read_all()
        began, used = time.perf_counter(), time.process_time()
        edges, sweep = join(table, window, least, threads)
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
    found = {"edges": len(edges), "weight": int(edges.weight.sum()), "events": table.num_rows, "pairs": sweep.pairs}
    print(json.dumps({"seconds": seconds, "cpu": cpu, "ready": ready, "peak_mb": peak_mb(), **found}))


if __name__ == "__main__":
    main()
