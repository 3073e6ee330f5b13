"""A real Neo4j Community server from Maven Central's jars, on this machine's loopback alone.

    with Neo4jServer(tmp_path / "neo4j") as server:
        server.run("RETURN 1 AS one")       # [{"one": 1}]
        open_store(server.url, …)           # neo4j://127.0.0.1:PORT, password in server.password
        server.kill()                       # as kill -9 does
        server.restart()                    # same ports, same data

Tests take the fixture ``neo4j_server`` instead, which is started once for a pytest process.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from lockstep import locks
from tests.jars import CACHE, VERSION, fetched, jars
from tests.needs import lacking, program
from tests.processes import HOST, free_ports, taken, watch

READY = 120.0  # seconds that a start may take on a busy machine
_POLL = 0.05
_GRACE = 60.0  # seconds that a stop may take before the process is killed
_TRIES = 3  # starts, where another process took a port that was free
_TAIL = 4_000  # characters of its logs that an error shows
_OPENS = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")
QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For tests, which start more than they compute. A benchmark passes ``java=()``: G1 and the optimising compiler."""
_WARM = (  # what tests do first: the classes for it are among those that an archive keeps
    "CREATE CONSTRAINT warm FOR (n:Warm) REQUIRE n.key IS UNIQUE",
    "CREATE FULLTEXT INDEX words FOR (n:Warm) ON EACH [n.text]",
    "UNWIND $rows AS row MERGE (n:Warm {key: row.key}) SET n.text = row.text, n += row MERGE (n)-[:NEXT {at: 1}]->(n)",
    "MATCH (n:Warm)-[r:NEXT]->(m) WHERE r.at > 0 RETURN n, count(r) AS found, collect(m.key)[..2] ORDER BY found",
)


class StartError(RuntimeError):
    """The server did not become ready; the message ends with its logs."""


class Neo4jServer:
    """A server with a home folder of its own.

    Parameters
    ----------
    home : Path
        Its folder: configuration, data, logs. What is there is kept.
    settings : mapping of str to str
        Lines of ``neo4j.conf``, over those that tests need.
    heap : str
        The heap, of which all is there from the start.
    java : sequence of str
        Flags of the Java machine.
    http : bool
        Also serve HTTP (see :attr:`http`); not serving it starts sooner.
    """

    user = "neo4j"

    def __init__(
        self,
        home: Path,
        *,
        settings: Mapping[str, str] | None = None,
        heap: str = "512m",
        java: Sequence[str] = QUICK,
        http: bool = False,
    ) -> None:
        self.home = home.resolve()
        self.settings = dict(settings or {})
        self.heap = heap
        self.java = tuple(java)
        self.ready_seconds = 0.0
        self._serves_http = http
        self._ports: tuple[int, int] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._driver: Driver | None = None

    # what a client needs

    @property
    def url(self) -> str:
        """Address that asks the server for its routing table, as users write it."""
        return f"neo4j://{HOST}:{self._port(0)}"

    @property
    def bolt(self) -> str:
        """Address of this one server."""
        return f"bolt://{HOST}:{self._port(0)}"

    @property
    def http(self) -> str:
        """Address of its HTTP interface, where it serves one."""
        return f"http://{HOST}:{self._port(1)}"

    @property
    def password(self) -> str:
        """The user's password, made at the home's first start."""
        return (self.home / "password").read_text()

    @property
    def auth(self) -> tuple[str, str]:
        """What the driver takes."""
        return self.user, self.password

    @property
    def pid(self) -> int:
        """Its process."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def _port(self, which: int) -> int:
        if self._ports is None:
            raise RuntimeError("the server has not been started")
        return self._ports[which]

    # its life

    def start(self) -> Self:
        """Start it and wait until it answers queries."""
        return self._start({})

    def restart(self, *, settings: Mapping[str, str] | None = None) -> Self:
        """Stop it where it runs, and start it on the same ports and data.

        ``settings`` hold for this start; the next one without them goes back.
        """
        self.stop()
        return self._start(settings or {})

    def stop(self) -> None:
        """End it as an operator does: it closes its database first."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self if self.running else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self, settings: Mapping[str, str]) -> Self:
        if self.running:
            raise RuntimeError("the server is running")
        self._end(signal.SIGKILL)  # one that died by itself is still to be put away
        given = self._ports is not None
        for tries in range(_TRIES):
            self._ports = self._ports or free_ports()
            try:
                self._launch(settings)
            except StartError:
                lost = any(map(taken, self._ports))
                if given or not lost or tries == _TRIES - 1:
                    raise
                self._ports = None
            else:
                break
        return self

    def _launch(self, settings: Mapping[str, str]) -> None:
        self._configure(settings)
        command = self._command()
        begin = time.monotonic()
        with (self.home / "console.log").open("wb") as console:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
            )
        try:
            self._watchdog = watch(self._process.pid)
            self._wait(begin + READY, self._listens, "listen")
            if not (self.home / "password").exists():
                self._wait(begin + READY, self._set_password, "take a password")
            self._wait(begin + READY, self._answers, "answer a query")
        except BaseException:  # an interrupt too: nobody else knows of the process yet
            self._end(signal.SIGKILL)
            raise
        self.ready_seconds = time.monotonic() - begin

    def _wait(self, until: float, ready: Callable[[], bool], what: str) -> None:
        """Poll until it is ready; a process that died, or took too long, is an error with its logs."""
        last = ""
        while True:
            try:
                if ready():
                    return
            except (Neo4jError, DriverError) as error:  # not ready yet, or never: the clock and the process say which
                last = f" (last answer: {error})"
            code = self._process.poll() if self._process else None
            if code is not None:
                raise StartError(f"the server ended with exit code {code} before it could {what}{last}\n{self.logs()}")
            if time.monotonic() > until:
                raise StartError(f"the server could not {what} within {READY:.0f} s{last}\n{self.logs()}")
            time.sleep(_POLL)

    def _listens(self) -> bool:
        """Whether this very process has the port: another server may have come by it."""
        with suppress(psutil.Error):
            found = psutil.Process(self.pid).net_connections("tcp")
            return any(c.status == psutil.CONN_LISTEN and c.laddr.port == self._port(0) for c in found)
        return False

    def _set_password(self) -> bool:
        fresh = secrets.token_hex(12)
        with (
            GraphDatabase.driver(self.bolt, auth=(self.user, self.user)) as driver,
            driver.session(database="system") as session,
        ):
            session.run("ALTER CURRENT USER SET PASSWORD FROM $old TO $new", old=self.user, new=fresh).consume()
        (self.home / "password").write_text(fresh)
        return True

    def _answers(self) -> bool:
        with GraphDatabase.driver(self.bolt, auth=self.auth) as driver, driver.session(database="neo4j") as session:
            session.run("RETURN 1").consume()
        return True

    def _end(self, how: signal.Signals) -> None:
        """End this object's own process, whatever state it is in; none is no error."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(how)
            try:
                self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._watchdog is not None:  # only now: until here it stands by for a death of this process
            self._watchdog.kill()
            self._watchdog.wait()
            if self._watchdog.stdin is not None:
                self._watchdog.stdin.close()
            self._watchdog = None

    # its files

    def logs(self) -> str:
        """The ends of what it wrote: on its console and to its logs."""
        paths = [self.home / name for name in ("console.log", "logs/neo4j.log", "logs/debug.log")]
        said = {path.name: path.read_text(errors="replace").strip() for path in paths if path.exists()}
        return "\n".join(f"--- {name}\n{text[-_TAIL:]}" for name, text in said.items() if text) or "it wrote nothing"

    def _configure(self, settings: Mapping[str, str]) -> None:
        bolt, http = (f"{HOST}:{self._port(i)}" for i in (0, 1))
        lines = {
            "server.default_listen_address": HOST,
            "server.default_advertised_address": HOST,
            "server.bolt.listen_address": bolt,
            "server.bolt.advertised_address": bolt,
            "server.http.enabled": str(self._serves_http).lower(),
            "server.http.listen_address": http,
            "server.http.advertised_address": http,
            "server.memory.heap.initial_size": self.heap,
            "server.memory.heap.max_size": self.heap,
            "server.memory.pagecache.size": "128m",
            "dbms.usage_report.enabled": "false",
            "db.logs.query.enabled": "OFF",
            "db.tx_log.preallocate": "false",  # else every home takes 256 MB of disk
            "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",  # else a stop takes 10 s more
            **self.settings,
            **settings,
        }
        (self.home / "conf").mkdir(parents=True, exist_ok=True)
        (self.home / "conf" / "neo4j.conf").write_text("".join(f"{k}={v}\n" for k, v in lines.items()))

    # its programs

    def _run_java(self, heap: str, *flags: str) -> list[str]:
        opens = [f"--add-opens={package}=ALL-UNNAMED" for package in _OPENS]
        return [_java(), f"-Xmx{heap}", "-Djava.awt.headless=true", *opens, *flags, "-cp", f"{jars()}/*"]

    def _command(self) -> list[str]:
        where = [f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}"]
        java = self._run_java(self.heap, f"-Xms{self.heap}", *self.java, *(_archived() if self.java == QUICK else ()))
        return [*java, "org.neo4j.server.CommunityEntryPoint", *where]

    def admin(self, *arguments: str, heap: str = "1g") -> str:
        """Run ``neo4j-admin`` on this home and give what it printed.

        Raises
        ------
        RuntimeError
            It ended with another code than 0.
        """
        (self.home / "conf").mkdir(parents=True, exist_ok=True)
        (self.home / "conf" / "neo4j.conf").touch()
        environment = {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
        done = subprocess.run(
            [*self._run_java(heap), "org.neo4j.cli.AdminTool", *arguments],
            env=environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        if done.returncode:
            raise RuntimeError(f"neo4j-admin {' '.join(arguments)} ended with {done.returncode}\n{said[-_TAIL:]}")
        return said

    # its database

    def driver(self) -> Driver:
        """A driver for tests that look behind a store; closed when the server ends."""
        if self._driver is None:
            self._driver = GraphDatabase.driver(self.bolt, auth=self.auth, notifications_min_severity="OFF")
        return self._driver

    def run(self, query: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query, which may have ``CALL … IN TRANSACTIONS``: the server begins and ends its transaction."""
        with self.driver().session(database="neo4j") as session:
            return session.run(query, parameters).data()

    def wipe(self) -> None:
        """Delete all relationships and nodes, a batch at a time; constraints and indexes stay."""
        self.run("MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS")
        self.run("MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS")

    def drop_schema(self) -> None:
        """Drop all constraints and indexes but the two of tokens that every database has."""
        for row in self.run("SHOW CONSTRAINTS YIELD name"):
            self.run(f"DROP CONSTRAINT {_quoted(row['name'])}")
        for row in self.run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
            self.run(f"DROP INDEX {_quoted(row['name'])}")


def _java() -> str:
    java = program("java")
    if java is None:
        raise StartError("the Neo4j server needs Java 17 or later: apt-get install openjdk-17-jre-headless")
    return java


def _archived() -> tuple[str, ...]:
    """Flags that load the server's classes as an archive has them, which halves a start; made once for a Java."""
    java = Path(_java()).resolve()
    key = hashlib.sha256(f"{java} {java.stat().st_mtime_ns} {QUICK} {_WARM}".encode()).hexdigest()[:12]
    archive = CACHE / VERSION / f"classes-{key}.jsa"
    if not archive.exists():
        jars()
        with locks.hold(CACHE / "archive.lock"):
            if not archive.exists():
                _archive(archive)
    return (f"-XX:SharedArchiveFile={archive}", "-Xlog:disable", "-Xlog:all=error:stderr")


def _archive(archive: Path) -> None:
    """Have a server write the archive when it ends; Java leaves out with a word what it can not archive."""
    with tempfile.TemporaryDirectory(prefix="archive-", dir=archive.parent) as folder:
        made = Path(folder) / "classes.jsa"
        with Neo4jServer(Path(folder) / "home", java=(*QUICK, f"-XX:ArchiveClassesAtExit={made}")) as server:
            for query in _WARM:
                server.run(query, rows=[{"key": "a", "text": "b"}])
        made.touch()  # a Java that makes none starts without: an empty archive is passed over
        made.rename(archive)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


_SHARED: list[Neo4jServer] = []


def shared() -> Neo4jServer:
    """The server of this process, started when first asked for; outside CI the test skips where it cannot run."""
    if not _SHARED:
        if missing := lacking("java") if fetched() else lacking("java", "mvn"):
            pytest.skip(missing)
        _SHARED.append(Neo4jServer(Path(tempfile.mkdtemp(prefix="lockstep-neo4j-"))).start())
    return _SHARED[0]


def end_shared() -> None:
    """Stop it and remove what it kept."""
    while _SHARED:
        server = _SHARED.pop()
        server.stop()
        shutil.rmtree(server.home, ignore_errors=True)
