"""Several real processes on one SQLite file: nothing acknowledged is lost, whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from graph.store import open_store
from tests.stores import put, read

ROOT = Path(__file__).resolve().parents[2]
_PRELUDE = """
import sys
from pathlib import Path
from graph.store import open_store
from tests.stores import batch
url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(url, Path(sys.argv[4]))
"""
# each commit is acknowledged on stdout only once it is made; between commits the process reads what is new
WRITE = (
    _PRELUDE
    + """
seen = 0
for i in range(count):
    with store.writer() as writer:
        keys = [f"x:{name}-{i}-{j}" for j in range(5)]
        rows = [{"post": k, "account": f"x:{name}", "tickers": ["BTC", name.upper()], "parent": "x:root"} for k in keys]
        writer.write("posts", batch("posts", *rows))
        writer.checkpoint(name, {"done": i + 1})
    print(i, flush=True)
    with store.view() as view:
        fresh = sum(len(b) for b in view.scan("posts", columns=["post", "account"], after=seen))
        assert fresh >= 5, fresh
        assert not len(view.gone("posts", seen))
        seen = view.seq
store.close()
"""
)
HANG = (
    _PRELUDE
    + """
with store.writer() as writer:
    for i in range(count):
        writer.write("posts", batch("posts", *({"post": f"x:{name}-{i}-{j}", "text": "t" * 500} for j in range(500))))
    store._database.run("PRAGMA cache_size = 10")
    writer.write("posts", batch("posts", *({"post": f"x:{name}-last-{j}", "text": "t" * 500} for j in range(500))))
    print("in the middle", flush=True)
    sys.stdin.read()
"""
)


def start(program: str, store: Path, name: str, count: int) -> subprocess.Popen[str]:
    """A process of its own; its errors come to the test's output."""
    command = [sys.executable, "-c", program, f"sqlite:///{store}", name, str(count), str(store.parent / "data")]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def finish(process: subprocess.Popen[str]) -> list[str]:
    out, _ = process.communicate(timeout=240)
    return out.split()


def test_processes_that_write_and_project_lose_no_commit(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"  # made by whoever comes first
    writers = {name: start(WRITE, path, name, 12) for name in ("anna", "bo", "cy")}
    for process in writers.values():
        assert finish(process) == [str(i) for i in range(12)]
        assert process.returncode == 0
    with open_store(f"sqlite:///{path}", tmp_path) as store, store.view() as view:
        assert store.head() == 36
        assert store.checkpoints() == {name: {"done": 12} for name in writers}
        posts = read(view, "posts", columns=["post", "seq"])
        assert len(posts) == len({row["post"] for row in posts}) == 180
        assert [row["seq"] for row in posts] == [seq for seq in range(1, 37) for _ in range(5)]
        assert store.check()["integrity"] == "ok"


def test_a_killed_process_loses_nothing_it_had_committed(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    process = start(WRITE, path, "anna", 100_000)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in finish(process)]
    with open_store(f"sqlite:///{path}", tmp_path) as store, store.view() as view:
        done = store.checkpoints()["anna"]["done"]
        assert done > acknowledged[-1]
        assert view.count("posts") == done * 5 == store.head() * 5
        assert store.check()["integrity"] == "ok"


def test_a_process_killed_in_a_transaction_leaves_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    with open_store(f"sqlite:///{path}", tmp_path) as store:
        put(store, "posts", {"post": "x:before"})
        process = start(HANG, path, "half", 4)
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        with store.view() as view:  # readers go on while it writes
            assert view.count("posts") == 1
        process.send_signal(signal.SIGKILL)
        finish(process)
        assert put(store, "posts", {"post": "x:after"}).new == 1
        with store.view() as view:
            assert [row["post"] for row in read(view, "posts")] == ["x:before", "x:after"]
            assert store.head() == 2
            assert store.check()["integrity"] == "ok"
