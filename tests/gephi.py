"""Gephi's own toolkit, fetched once from Maven Central into the checkout, and what it reads in a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from lockstep import locks
from tests.needs import program

VERSION = "0.10.1"
ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".gephi"
JAR = f"gephi-toolkit-{VERSION}-all.jar"
READER = Path(__file__).resolve().with_name("GephiRead.java")


@dataclass
class Seen:
    """A graph as Gephi imported it: attributes by node, weight and attributes by edge, and what it complained of."""

    directed: bool = False
    issues: list[tuple[str, str]] = field(default_factory=list)  # level, message
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)
    edges: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)


def jar(cache: Path = CACHE) -> Path:
    """The toolkit; the first caller fetches it, whoever calls meanwhile waits."""
    whole = cache / JAR
    if whole.is_file():
        return whole
    with locks.hold(cache / "fetch.lock"):
        if not whole.is_file():
            partial = Path(tempfile.mkdtemp(dir=cache))
            command = [str(program("mvn")), "-q", "-B", "dependency:copy", "-Dmdep.useBaseVersion=true"]
            artifact = f"-Dartifact=org.gephi:gephi-toolkit:{VERSION}:jar:all"
            environment = {k: v for k, v in os.environ.items() if k != "MAVEN_ARGS"}
            try:
                done = subprocess.run(
                    [*command, artifact, f"-DoutputDirectory={partial}"],
                    capture_output=True, text=True, check=False, env=environment, cwd=partial,
                )  # fmt: skip
                assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
                (partial / JAR).rename(whole)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return whole


def seen(path: Path) -> Seen:
    """Import a file and say what is in the graph then."""
    command = [
        str(program("java")),
        "-Djava.awt.headless=true",
        "-Dfile.encoding=UTF-8",
        "-Dstdout.encoding=UTF-8",
        "-cp",
        str(jar()),
        str(READER),
        str(path),
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    out = Seen()
    for line in done.stdout.split("\n"):
        kind, *cells = line.split("\t")
        if kind == "directed":
            out.directed = cells[0] == "true"
        elif kind == "issue":
            out.issues.append((cells[0], cells[1]))
        elif kind == "node":
            out.nodes[cells[0]] = {"label": cells[1], **dict(c.split("=", 1) for c in cells[2:])}
        elif kind == "edge":
            out.edges[cells[0], cells[1]] = {"weight": cells[2], **dict(c.split("=", 1) for c in cells[3:])}
    return out
