"""One step on a store, in a process of its own: what it took and what was found, as JSON on the last line.

``python -m bench.planting.incrementing STEP STORE DATA CACHE``, with STEP ``sweep`` (the event tables that detectors
read; and pairs in the narrowest window, the observed ones and those of 99 drawn datasets, judged) or ``run`` (every
detector with its defaults). CACHE is the folder for what is kept from one run to the next.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from detectors import apart
from detectors.base import Scope, discover, resolve
from detectors.coaction.actions import ACTIONS
from detectors.coaction.engine import Options
from detectors.coaction.permutation import chance
from detectors.coaction.streams import names_of
from detectors.coaction.surprisal import Layer, Surprisal
from graph.findings import to_json
from graph.projection import events
from graph.store import Store, View, open_store

LAYERS = ("co_ticker", "co_link", "co_text", "co_repost", "co_reply")
TRACES = ("post", *(ACTIONS[layer].trace for layer in LAYERS))
WINDOW_S = 60.0

Said = dict[str, object]


def sweep(view: View) -> Said:
    """The event tables, and pairs in the narrowest window: those of the data and of drawn datasets, judged."""
    began = time.perf_counter()
    tables = {trace: events(view, trace) for trace in TRACES}
    read = time.perf_counter()
    layers = [Layer(name, tables[ACTIONS[name].trace], WINDOW_S) for name in LAYERS]
    surprisal = Surprisal(layers, names_of([layer.events for layer in layers]))
    found = chance(surprisal, draws=Options().draws)
    done = time.perf_counter()
    return {"projection": read - began, "sweep": done - read, "both": done - began, "rare": len(found.observed)}


def run(store: Store, view: View) -> Said:
    """Every detector, side by side as a run does it; one that fails is named."""
    seconds: dict[str, float] = {}
    digests, counts = {}, {}
    failed: dict[str, str] = {}

    def done(name: str, at: float) -> Callable[[object], None]:
        def note(_: object) -> None:
            seconds[name] = time.perf_counter() - at

        return note

    names = list(discover())
    tasks = [apart.task(store, view, name, resolve(discover()[name], {}, name), Scope()) for name in names]
    began = time.perf_counter()
    with apart.side_by_side(tasks) as answers:
        for name, answer in answers.items():
            answer.add_done_callback(done(name, began))
        for name, answer in answers.items():
            found, error = answer.result()
            counts[name] = len(found)
            digests[name] = hashlib.sha256("\n".join(to_json(f) for f in found).encode()).hexdigest()
            failed |= {name: error} if error else {}
    return {"by": seconds, "findings": counts, "digests": digests, "failed": failed}


class Memory(threading.Thread):
    """The most memory that this process and its children have together, looked at four times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self.over = threading.Event()

    def run(self) -> None:
        """Look until it is over."""
        me = psutil.Process()
        while not self.over.wait(0.25):
            self.most = max(self.most, _held(me))


def _held(process: psutil.Process) -> int:
    """Bytes of a process and its children; pages that they share count once for each."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            total += one.memory_info().rss
    return total


def main() -> None:
    """Do one step."""
    step, url, data, cache = sys.argv[1:]
    memory = Memory()
    memory.start()
    with open_store(url, Path(data)) as store, store.view() as view:
        view.cache_dir = Path(cache)
        began = time.perf_counter()
        said = sweep(view) if step == "sweep" else run(store, view)
        said["seconds"] = time.perf_counter() - began
    memory.over.set()
    own, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    said["cpu"] = own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime
    said["peak_mb"] = memory.most / 1e6
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
