"""A load is killed, or its disk fills, and it is run again: an undisturbed load's graph and quarantine come of it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.errors import StoreError
from graph.store import open_store
from tests.loads import contents, post

# A load with groups small enough that it has many commits; from commit number `stop` on it waits to be killed.
LOADER = """
import sys
from pathlib import Path
from graph.store import open_store
from ingest import files, load, pipeline
url, folder, child_from, stop, *paths = sys.argv[1:]
load.COMMIT_ROWS, files.BLOCK_ROWS, pipeline.CHILD_FROM = 2_000, 1_000, int(child_from)
with open_store(url, Path(folder)) as store:
    def wait(step):
        if store.head() >= int(stop):
            sys.stdin.read()
    print(load.load(store, [Path(p) for p in paths], progress=wait).to_json())
"""
NEVER = 10**9
ROWS = 60_000
CHILD, INLINE = 0, 10**12


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("in") / "posts.jsonl"
    path.write_bytes(b"".join(post(i) for i in range(ROWS)))
    return path


def start(folder: Path, source: Path, child_from: int, stop: int) -> subprocess.Popen[bytes]:
    url = f"sqlite:///{folder / 'graph.db'}"
    command = [sys.executable, "-c", LOADER, url, str(folder), str(child_from), str(stop), str(source)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(folder: Path, source: Path, child_from: int = INLINE) -> dict[str, Any]:
    out, err = start(folder, source, child_from, NEVER).communicate(timeout=120)
    assert out, err.decode()
    report: dict[str, Any] = orjson.loads(out)["files"][0]
    return report


def seq(folder: Path) -> int:
    """Commits so far, read beside the writer; 0 while there is no database."""
    path = folder / "graph.db"
    if not path.exists():
        return 0
    try:
        with open_store(f"sqlite:///{path}", folder) as store:
            return store.head()
    except (StoreError, sqlite3.Error):
        return 0


def kill_after(folder: Path, source: Path, commits: int, child_from: int) -> None:
    """Kill the loading process, as the kernel would, once it has made so many commits; it may be in the next one."""
    process = start(folder, source, child_from, commits + 2)
    try:
        while seq(folder) < commits:
            assert process.poll() is None
            time.sleep(0.001)  # only how often the database is asked; nothing rests on it
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[str]], list[str]]:
    folder = tmp_path_factory.mktemp("whole")
    report = finish(folder, source)
    assert (report["status"], report["rows"]) == ("loaded", ROWS)
    assert report["rejected"]
    assert report["corrections"]
    with open_store(f"sqlite:///{folder / 'graph.db'}", folder) as store:
        return contents(store)


@pytest.mark.parametrize(
    ("child_from", "points"),
    [(INLINE, [0]), (INLINE, [1]), (INLINE, [2, 7, 12]), (CHILD, [1, 2])],
    ids=["inline at the start", "inline early", "inline three times", "child twice"],
)
def test_killed_loads_end_in_the_same_graph(
    points: Sequence[int],
    child_from: int,
    source: Path,
    undisturbed: tuple[dict[str, list[str]], list[str]],
    tmp_path: Path,
) -> None:
    for commits in points:
        kill_after(tmp_path, source, commits, child_from)
    resumed = finish(tmp_path, source, child_from)
    assert resumed["status"] == ("resumed" if points[-1] else "loaded")
    assert resumed["resumed_after"] + resumed["rows"] == ROWS
    assert finish(tmp_path, source)["status"] == "already loaded"
    with open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path) as store:
        tables, rejected = contents(store)
    assert tables == undisturbed[0]
    assert rejected == undisturbed[1]


FULL_DISK = """
import resource, signal, sys
from graph.errors import StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (6_000_000, 6_000_000))
try:
    exec(sys.argv.pop(1))
except StoreError as e:
    print(f"StoreError {e}")
"""


def test_full_disk_is_a_store_error_and_the_same_command_goes_on(
    source: Path, undisturbed: tuple[dict[str, list[str]], list[str]], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'graph.db'}"
    command = [sys.executable, "-c", FULL_DISK, LOADER, url, str(tmp_path), str(INLINE), str(NEVER), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL)
    assert done.stdout.startswith("StoreError"), done.stderr
    assert "the same command goes on from there" in done.stdout
    before = seq(tmp_path)
    assert before > 0
    resumed = finish(tmp_path, source)
    assert resumed["status"] == "resumed"
    with open_store(url, tmp_path) as store:
        assert contents(store) == undisturbed
