"""The server itself is killed, made read-only, or has its disk filled; it comes back, and so does the load.

After each fault the same command, run again, ends in the graph of a load that nothing disturbed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.stores.neo4jdb.faults import PASSWORD
from tests.loading import await_head, finish, held, lines, loaded, start, verb, whole
from tests.loads import post
from tests.needs import needs
from tests.server import Neo4jServer

pytestmark = needs("java")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("in") / "posts.jsonl"
    path.write_bytes(lines())
    return path


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return loaded(tmp_path_factory.mktemp("whole"), source)


@contextmanager
def own(home: Path, monkeypatch: pytest.MonkeyPatch, **settings: str) -> Iterator[Neo4jServer]:
    """A server that a test may end, with the transaction log made at its full size beforehand, as servers have it."""
    log = {"db.tx_log.preallocate": "true", "db.tx_log.rotation.size": "8m"}
    with Neo4jServer(home, settings=log | settings) as server:
        monkeypatch.setenv(PASSWORD, server.password)
        yield server


def test_a_server_killed_in_mid_load_and_one_that_only_reads(
    source: Path, undisturbed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own(tmp_path / "neo4j", monkeypatch) as server:
        process = start(server.url, tmp_path, source)
        try:
            await_head(server, process, 3)
            server.kill()
            server.restart()
            _, err = process.communicate(timeout=200)
        finally:
            process.kill()
        assert process.returncode in {0, 4}, err.decode()  # it waited for the server, or said what to do
        assert process.returncode == 0 or b"the same command goes on from there" in err
        whole(server, tmp_path, source, undisturbed)

        server.restart(settings={"server.databases.read_only": "neo4j"})
        (tmp_path / "posts-more.jsonl").write_bytes(post(5))
        ran = verb(server, tmp_path, "ingest", tmp_path / "posts-more.jsonl")
        assert ran.code == 4
        assert "can only be read" in ran.err
        assert "server.databases.read_only" in ran.err
        assert verb(server, tmp_path, "findings", "list").code == 0
        checks = {c["name"]: c for c in verb(server, tmp_path, "doctor", "--json").json}
        assert checks["store database"]["state"] == checks["store writing"]["state"] == "warning"
        assert "read_only" in checks["store database"]["hint"]
        assert held(server.url, tmp_path) == undisturbed


@contextmanager
def small_disk(home: Path) -> Iterator[Callable[[int], None]]:
    """Make a home on a disk of its own; what it gives fills that but for so many bytes."""
    home.mkdir()
    disk = ["-t", "tmpfs", "-o", "size=400m", "lockstep-test", str(home)]
    mounted = subprocess.run(["mount", *disk], capture_output=True, text=True, check=False)
    if mounted.returncode:
        assert not os.environ.get("CI"), mounted.stderr
        pytest.skip("needs the right to mount a file system: run as root")

    def fill(left: int) -> None:
        free = shutil.disk_usage(home).free
        with (home / "ballast").open("wb") as ballast:
            for _ in range((free - left) // 2**16):
                ballast.write(bytes(2**16))

    try:
        yield fill
    finally:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


def test_a_full_disk_stops_the_load_which_goes_on_when_there_is_room(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = tmp_path / "posts-big.jsonl"
    rows = ({"post_id": f"b{i}", "account_id": "b", "created_at": i, "text": f"{i} " * 1_600} for i in range(1, 2_500))
    big.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    home = tmp_path / "neo4j"
    # the log need not grow, and what is written does not fit into the page cache
    settings = {"db.tx_log.rotation.size": "64m", "server.memory.pagecache.size": "8m"}
    with small_disk(home) as fill, own(home, monkeypatch, **settings) as server:
        finish(server, tmp_path, source)
        fill(500_000)
        ran = start(server.url, tmp_path, big)
        _, err = ran.communicate(timeout=200)
        said = " ".join(err.decode().split())
        assert ran.returncode == 4, said
        assert "stopped working" in said or "can only be read" in said
        assert "disk" in said
        assert "goes on from there" in said
        (home / "ballast").unlink()
        server.restart()
        expected = loaded(tmp_path, source, big)
        finish(server, tmp_path, big)
        assert held(server.url, tmp_path) == expected
