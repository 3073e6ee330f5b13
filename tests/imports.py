"""Importing the files of ``lockstep bulk`` with Neo4j's own tool, and looking behind what came of it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections import Counter
from datetime import UTC
from pathlib import Path
from typing import Any

from tests.server import Neo4jServer

UNALIKE = {"row", "identity", "epoch", "writer", "asked", "until", "beat", "updated_at"}
"""Properties that differ between two stores of the same content: names, tokens, and numbers within a commit."""


def imported(folder: Path, home: Path) -> Neo4jServer:
    """A server, not yet started, with the files in its database: ``import.sh`` does it, as for any user."""
    server = Neo4jServer(home)
    (home / "conf").mkdir(parents=True)
    (home / "conf" / "neo4j.conf").touch()
    admin = home / "neo4j-admin"
    command = shlex.join([*server._run_java("512m"), "org.neo4j.cli.AdminTool"])
    admin.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    admin.chmod(0o755)
    known = {"NEO4J_ADMIN": str(admin), "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
    done = subprocess.run(
        ["sh", str(folder / "import.sh"), "neo4j"], env=os.environ | known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return server


def inside(server: Neo4jServer) -> tuple[Counter[Any], Counter[Any]]:
    """Nodes and relationships as they lie in the database, however they came there."""
    own = "WHERE NOT n:Lockstep OR n.name = 'graph'"
    nodes = server.run(f"MATCH (n) {own} RETURN labels(n) AS labels, properties(n) AS p")
    edges = server.run(
        "MATCH (a)-[r]->(b) WITH *, labels(a)[0] + a.key AS a_, labels(b)[0] + b.key AS b_ "
        "RETURN a_ AS a, type(r) AS t, b_ AS b, properties(r) AS p"
    )
    return (
        Counter((*sorted(n["labels"]), _frozen(n["p"])) for n in nodes if n["p"].get("name") != "copy"),
        Counter((e["a"], e["t"], e["b"], _frozen(e["p"])) for e in edges),
    )


def _frozen(properties: dict[str, Any]) -> Any:
    """Without empty lists: the import tool makes none, and to whoever reads them here they are the same as nothing."""
    kept = {name: value for name, value in properties.items() if name not in UNALIKE and value != []}
    return tuple(sorted((name, _plain(value)) for name, value in kept.items()))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return value.to_native().astimezone(UTC).isoformat() if hasattr(value, "to_native") else value
