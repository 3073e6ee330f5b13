"""The Neo4j server's jars, fetched once from Maven Central into the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from lockstep import locks
from tests.needs import program

VERSION = "5.26.30"
ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".neo4j"
POM = Path(__file__).resolve().with_name("neo4j-server.xml")
_TAIL = 2_000  # characters of a program's output that an error shows


class FetchError(RuntimeError):
    """The server's jars could not be fetched."""


def fetched(cache: Path = CACHE) -> bool:
    """Whether the jars are there already."""
    return _folder(cache).is_dir()


def jars(cache: Path = CACHE, pom: Path = POM) -> Path:
    """Folder of the jars; the first caller fetches them, whoever calls meanwhile waits.

    They are copied to a folder of another name first, so that an interrupted fetch leaves nothing that looks whole.
    """
    whole = _folder(cache)
    if whole.is_dir():
        return whole
    with locks.hold(cache / "fetch.lock"):
        if not whole.is_dir():
            whole.parent.mkdir(parents=True, exist_ok=True)
            for left in whole.parent.glob("partial-*"):  # of a fetch that was interrupted: the lock says it is over
                shutil.rmtree(left)
            partial = Path(tempfile.mkdtemp(prefix="partial-", dir=whole.parent))
            try:
                _fetch(pom, partial)
                partial.chmod(0o755)
                partial.rename(whole)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return whole


def _folder(cache: Path) -> Path:
    return cache / VERSION / "lib"


def _fetch(pom: Path, into: Path) -> None:
    mvn = program("mvn")
    if mvn is None:
        raise FetchError("fetching the Neo4j server's jars needs Maven: apt-get install maven")
    command = [mvn, "-q", "-B", "-f", str(pom), f"-Dneo4j.version={VERSION}", "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, f"-DoutputDirectory={into}", "-DincludeScope=runtime"],
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "MAVEN_ARGS"},
    )
    if done.returncode or not any(into.glob("*.jar")):
        said = (done.stdout + done.stderr)[-_TAIL:].strip()
        raise FetchError(
            f"Maven could not fetch Neo4j {VERSION} (exit {done.returncode}); is its repository within reach?\n{said}"
        )
