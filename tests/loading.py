"""``lockstep ingest`` as a process with small commits, for tests that disturb it, and what a store holds afterwards."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson

from graph.store import open_store
from tests.cli import Ran, lockstep
from tests.loads import contents, post
from tests.server import Neo4jServer

ROWS = 2_100
GROUP = 300  # rows of a commit
COMMAND = f"""
import sys
from ingest import files, load, pipeline
from lockstep.cli import main
load.COMMIT_ROWS, files.BLOCK_ROWS, pipeline.CHILD_FROM = {GROUP}, {GROUP // 2}, 10**12
sys.argv[0] = "lockstep"
main()
"""


def lines() -> bytes:
    """A file of posts to load."""
    return b"".join(post(i) for i in range(ROWS))


def loaded(folder: Path, *sources: Path) -> Any:
    """What a SQLite store holds after loading these, one after the other."""
    url = f"sqlite:///{folder / 'graph.db'}"
    for path in sources:
        done = start(url, folder, path).communicate(timeout=120)
        assert orjson.loads(done[0])["files"][0]["status"] == "loaded", done[1]
    with open_store(url, folder) as store:
        return contents(store)


def start(url: str, folder: Path, source: Path) -> subprocess.Popen[bytes]:
    """``lockstep ingest`` as a process, with small commits."""
    where = ("--store", url, "--data-dir", str(folder), "--json")
    command = [sys.executable, "-c", COMMAND, "ingest", str(source), *where]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(server: Neo4jServer, folder: Path, source: Path) -> dict[str, Any]:
    """The report of a load that must succeed."""
    out, err = start(server.url, folder, source).communicate(timeout=200)
    assert out, err.decode()
    report: dict[str, Any] = orjson.loads(out)["files"][0]
    return report


def head(server: Neo4jServer) -> int:
    found = server.run("MATCH (m:Lockstep {name: 'graph'}) RETURN m.head AS head")
    return int(found[0]["head"]) if found else 0


def await_head(server: Neo4jServer, process: subprocess.Popen[bytes], commits: int) -> None:
    """Until the loading process has made so many commits; it goes on meanwhile."""
    while head(server) < commits:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)  # only how often the database is asked; nothing rests on it


def held(url: str, folder: Path) -> Any:
    with open_store(url, folder, create=False) as store:
        return contents(store)


def whole(server: Neo4jServer, folder: Path, source: Path, undisturbed: Any) -> None:
    """Loading goes on, or has nothing to do, and the graph is that of an undisturbed load."""
    report = finish(server, folder, source)
    assert report["status"] in {"loaded", "resumed", "already loaded"}
    assert finish(server, folder, source)["status"] == "already loaded"
    assert held(server.url, folder) == undisturbed


def verb(server: Neo4jServer, folder: Path, *arguments: object, url: str | None = None) -> Ran:
    return lockstep(*arguments, "--store", url or server.url, "--data-dir", folder / "data")
