"""A copy is killed, or interrupted, in the middle of a commit and run again: the target tells what the source does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.copying import verify
from graph.store import Store
from tests.copies import LASTING, name, told
from tests.stores import Backend, batch, finding, run

# `lockstep copy`, which waits with half of a commit written, to be killed there.
COPIER = """
import sys
from graph import copying
from lockstep.cli import main
stop = int(sys.argv.pop(1))
rows = copying._Copy._rows
def wait(self, view, writer, table):
    rows(self, view, writer, table)
    if view.seq == stop and table == "posts":
        print("half", flush=True)
        sys.stdin.read()
copying._Copy._rows = wait
main()
"""
COMMITS = 6
ROWS = 120
NEVER = 0


def load(store: Store) -> None:
    for n in range(COMMITS):
        posts = [{"post": f"x:p{n * ROWS + i if i % 50 else i}", "text": f"{n} {i}"} for i in range(ROWS)]
        likes = [{"interaction": f"i{n}-{i}", "target": f"x:p{i}"} for i in range(ROWS)]
        with store.writer() as writer:
            writer.write("posts", batch("posts", *posts))
            writer.write("interactions", batch("interactions", *likes))
            writer.checkpoint("ingest:file", {"end": n})
            if n % 2:
                writer.add_run(run(f"r{n}"), [finding(f"f{n}", run_id=f"r{n}")])


def start(stop: int, source: str, target: str, folder: Path) -> subprocess.Popen[bytes]:
    options = ["copy", "--from", source, "--to", target, "--data-dir", str(folder), "--json"]
    command = [sys.executable, "-c", COPIER, str(stop), *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def stop_in(commit: int, how: signal.Signals, *places: Any) -> tuple[int, str]:
    """Stop the copying process half way through a commit; its exit code and what it said."""
    process = start(commit, *places)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        os.kill(process.pid, how)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait(60)
    return process.returncode, err.decode()


@pytest.mark.parametrize("pair", LASTING, ids=name)
def test_killed_copies_end_in_the_same_store(pair: tuple[Backend, Backend], tmp_path: Path) -> None:
    ends = tmp_path / "source", tmp_path / "target"
    source, target = (backend.url(folder) for backend, folder in zip(pair, ends, strict=True))
    with pair[0].open(ends[0]) as store:
        load(store)
    places = (source, target, tmp_path / "data")
    for commit in (1, 3, COMMITS):
        assert stop_in(commit, signal.SIGKILL, *places)[0] == -signal.SIGKILL
        with pair[1].open(ends[1]) as store:
            assert store.head() == commit - 1
    code, said = stop_in(COMMITS, signal.SIGINT, *places)
    assert (code, "interrupted" in said) == (130, True)
    out, err = start(NEVER, *places).communicate(timeout=120)
    assert out, err.decode()
    report = orjson.loads(out)
    assert (report["after"], report["seq"], report["findings"]) == (COMMITS - 1, COMMITS, 1)
    with pair[0].open(ends[0]) as one, pair[1].open(ends[1]) as other:
        assert told(other) == told(one)
        assert verify(one, other).tables == report["verified"]["tables"]
