"""Schema versions: each file in ``graph/stores/cypher/migrations`` is a step, in the order of their names."""

from __future__ import annotations

import re
import uuid
from functools import cache
from pathlib import Path

from graph.stores.neo4jdb.database import CYPHER, Database, cypher

LANES = ("lane-0", "lane-1")
"""Names of the nodes that the writing lanes hold."""
_NAME = re.compile(r"(?:INDEX|CONSTRAINT) (\w+) IF NOT EXISTS")
BUILD_S = 3600
"""How long building an index may take."""


@cache
def steps() -> tuple[Path, ...]:
    """The files, oldest first."""
    return tuple(sorted((CYPHER / "migrations").glob("*.cypher")))


def statements(step: Path) -> list[str]:
    """The statements of a step."""
    lines = [line for line in step.read_text(encoding="utf-8").splitlines() if not line.startswith("//")]
    return [s.strip() for s in re.split(r";\s*(?:\n|$)", "\n".join(lines)) if s.strip()]


def version(database: Database) -> int:
    """The database's schema version; 0 where there is no Lockstep graph yet."""
    found = database.read(cypher("meta"))
    return int(found[0][1]) if found else 0


def _makes(statement: str) -> set[str]:
    """Name of the index or constraint that a statement makes."""
    return set(_NAME.findall(statement))


def names(database: Database) -> set[str]:
    """Names of the indexes and constraints that the database has."""
    return {row[0] for name in ("indexes", "constraints") for row in database.read(cypher(name))}


def upgrade(database: Database) -> list[str]:
    """Take the steps that are missing; names of those taken.

    A step may be taken twice: its statements make what is missing, and the version is raised when all are done.
    """
    taken = []
    for number, step in enumerate(steps(), start=1):
        if number > version(database):
            there = names(database)
            missing = [s for s in statements(step) if not _makes(s) & there]
            database.schema([*missing, f"CALL db.awaitIndexes({BUILD_S})"] if missing else [])
            params = {"identity": uuid.uuid4().hex, "schema": number, "lanes": list(LANES)}
            database.write(cypher("meta_make"), params)
            taken.append(step.stem)
    return taken
