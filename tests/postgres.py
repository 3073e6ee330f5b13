"""A real PostgreSQL server from Debian's package, on this machine's loopback alone; a database for each test.

Tests take the fixture ``casebook_url`` or ``postgres`` instead, which share one server in a pytest process.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pg8000.native
import pytest

from tests.processes import HOST, free_ports, watch

READY = 60.0
PASSWORD = secrets.token_hex(8)
_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "100"}


def binaries() -> Path | None:
    """Folder of the newest server's programs, which Debian keeps off the PATH; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return None if program is None else Path(program).parent


def needs_postgres() -> pytest.MarkDecorator:
    """Mark of a test that needs the server; it never skips where CI is set."""
    lacking = binaries() is None and not os.environ.get("CI")
    return pytest.mark.skipif(lacking, reason="needs postgresql: apt-get install postgresql")


class Postgres:
    """A server with a data folder of its own; it does not outlive this process."""

    def __init__(self) -> None:
        programs = binaries()
        assert programs is not None, "no PostgreSQL here: apt-get install postgresql"
        # the server refuses to run as root; the package brings a user for it
        self._as: dict[str, Any] = (
            {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        )
        self.home = Path(tempfile.mkdtemp(prefix="lockstep-postgres-"))
        if self._as:
            shutil.chown(self.home, "postgres", "postgres")
        secret = self.home / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self.port = free_ports()[0]
        data = self.home / "data"
        made: list[Path | str] = [
            "-D",
            data,
            "-U",
            "lockstep",
            "--pwfile",
            secret,
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        self._run([programs / "initdb", *made, "--no-sync"])
        options = [part for name, value in _QUICK.items() for part in ("-c", f"{name}={value}")]
        listens = ["-h", HOST, "-p", str(self.port), "-k", ""]
        log = self.home / "log"
        with log.open("w") as written:
            self.process = subprocess.Popen(
                [programs / "postgres", "-D", data, *listens, *options], cwd=self.home, stderr=written, **self._as
            )
        self.watchdog = watch(self.process.pid)
        self._wait(log)

    def url(self, database: str) -> str:
        """A casebook's URL of a database of this server."""
        return f"postgresql://lockstep@{HOST}:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> list[list[object]]:
        """Run a statement as the server's owner."""
        with pg8000.native.Connection(
            "lockstep", host=HOST, port=self.port, database=database, password=PASSWORD
        ) as connection:
            return list(connection.run(statement) or [])

    def stop(self) -> None:
        """End it, with all that it kept."""
        self.process.terminate()
        self.process.wait(timeout=60)
        assert self.watchdog.stdin is not None
        self.watchdog.terminate()
        self.watchdog.wait()
        self.watchdog.stdin.close()
        shutil.rmtree(self.home)

    def _wait(self, log: Path) -> None:
        until = time.monotonic() + READY
        while True:
            try:
                self.run("SELECT 1")
            except (pg8000.native.Error, OSError) as error:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from error
                time.sleep(0.05)
            else:
                return

    def _run(self, command: list[Path | str]) -> None:
        done = subprocess.run(command, cwd=self.home, capture_output=True, text=True, check=False, **self._as)
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stderr}")


_shared: list[Postgres] = []


def shared() -> Postgres:
    """The server of this pytest process."""
    if not _shared:
        _shared.append(Postgres())
    return _shared[0]


def end_shared() -> None:
    """End it, if it was started."""
    while _shared:
        _shared.pop().stop()
