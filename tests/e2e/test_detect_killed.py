"""A run of ``detect --since last`` is killed, and run again: nothing is lost, repeated, or left locked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.store import open_store
from tests.stores import put

# The command line with two detectors of its own; where told to, the second one, or a sink, waits to be killed.
PROGRAM = """
import sys
import detectors.run, lockstep.parameters
from detectors.alerting.sinks import jsonl
from lockstep.cli import main
from tests.alerting import Said, ring
rings, stop, *sys.argv[1:] = sys.argv[1:]

def wait():
    print("waiting", flush=True)
    sys.stdin.read()

class Flags(Said):
    def detect(self, *_):
        if stop == self.name:
            wait()
        return [ring(f"x:{n}1", f"x:{n}2", name=n, detector=self.name) for n in rings]

class Dying(jsonl.File):
    def send(self, alert):
        super().send(alert)
        if stop == "sink":
            wait()

jsonl.File = Dying
known = {"one": Flags("one"), "two": Flags("two")}
detectors.run.discover = lockstep.parameters.discover = lambda: known
main()
"""


@contextmanager
def started(folder: Path, rings: str, stop: str = "") -> Iterator[subprocess.Popen[str]]:
    where = ["--store", f"sqlite:///{folder / 'graph.db'}", "--data-dir", str(folder / "data")]
    command = [sys.executable, "-c", PROGRAM, rings, stop, "detect", "--since", "last", "--json", *where]
    environment = os.environ | {"LOCKSTEP_ALERTS_JSONL": str(folder / "alerts.jsonl")}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield process


def finished(folder: Path, rings: str) -> dict[str, str]:
    """What each detector's run was."""
    with started(folder, rings) as process:
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return {r["detector"]: r["watch"] for r in json.loads(out)["runs"]}


def killed(folder: Path, rings: str, stop: str) -> None:
    with started(folder, rings, stop) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGKILL)
        process.wait(60)


def arrive(folder: Path) -> None:
    with open_store(f"sqlite:///{folder / 'graph.db'}", folder / "data") as store:
        put(store, "posts", {"post": f"x:p{store.head()}"})


def test_killed_between_detectors_and_between_alerts(tmp_path: Path) -> None:
    arrive(tmp_path)
    assert finished(tmp_path, "a") == {"one": "baseline", "two": "baseline"}
    arrive(tmp_path)
    killed(tmp_path, "ab", stop="two")
    path = tmp_path / "alerts.jsonl"
    assert not path.exists()
    killed(tmp_path, "ab", stop="sink")  # the first one's alert is not lost: it is sent, and not yet remembered
    assert len(path.read_text().splitlines()) == 1
    assert finished(tmp_path, "ab") == {"one": "idle", "two": "idle"}
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted(r["detector"] for r in rows) == ["one", "two"]
    assert len({r["id"] for r in rows}) == 2
    with open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path / "data") as store, store.view() as view:
        watched = [(r.detector, r.watch) for r in view.runs()]
    # what was done at the first kill was not done again
    assert watched[2:5] == [("one", "again"), ("one", "idle"), ("two", "again")]
