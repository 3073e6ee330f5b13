"""One step on a store, in a process of its own: what it took and what was found, as JSON on the last line.

``python -m bench.planting.incrementing STEP STORE DATA CACHE``, with STEP ``sweep`` (the event tables that detectors
read; and pairs in the narrowest window, the observed ones and those of 99 drawn datasets, judged) or ``run`` (every
detector with its defaults). CACHE is the folder for what is kept from one run to the next.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from detectors.base import Scope, discover, resolve
from detectors.coaction.actions import ACTIONS
from detectors.coaction.engine import Options
from detectors.coaction.permutation import chance
from detectors.coaction.streams import names_of
from detectors.coaction.surprisal import Layer, Surprisal
from graph.findings import to_json
from graph.projection import events
from graph.store import View, open_store

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


def run(view: View) -> Said:
    """Every detector; one that fails is named."""
    seconds, digests, counts, failed = {}, {}, {}, {}
    for name, detector in discover().items():
        began = time.perf_counter()
        try:
            found = list(detector.detect(view, resolve(detector, {}, name), Scope()))
        except Exception as error:  # noqa: BLE001 - the others are measured all the same
            failed[name], found = f"{type(error).__name__}: {error}", []
        seconds[name] = time.perf_counter() - began
        counts[name] = len(found)
        digests[name] = hashlib.sha256("\n".join(to_json(f) for f in found).encode()).hexdigest()
    return {"by": seconds, "findings": counts, "digests": digests, "failed": failed}


STEPS: dict[str, Callable[[View], Said]] = {"sweep": sweep, "run": run}


def main() -> None:
    """Do one step."""
    step, url, data, cache = sys.argv[1:]
    with open_store(url, Path(data)) as store, store.view() as view:
        view.cache_dir = Path(cache)
        began, busy = time.perf_counter(), time.process_time()
        said = STEPS[step](view)
        said |= {"seconds": time.perf_counter() - began, "cpu": time.process_time() - busy}
    said["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
