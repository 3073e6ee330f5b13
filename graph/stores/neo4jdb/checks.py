"""What ``lockstep doctor`` looks at in a Neo4j server, and its advice.

Nothing here reads the graph itself: numbers of rows are those that the server keeps. What a user may not see (settings,
the list of databases) is said to be not visible.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import Any

from graph.errors import StoreError, Transient
from graph.schema import TABLES
from graph.store import Checked
from graph.stores.neo4jdb import migrations
from graph.stores.neo4jdb.database import Database, Rows, cypher
from graph.stores.neo4jdb.model import ROWS

OLDEST = (5, 26)
"""The release that Lockstep is tested with: older ones lack some of its Cypher."""
CLOCK_S = 2.0
WRITE_S = 5.0
"""How long the attempt to write may wait for another writer."""
SMALL_HEAP = 400 * 2**20
NODE_BYTES, RELATIONSHIP_BYTES = 700, 350
"""Bytes on the server's disk, indexes included, for each node and each relationship of a Lockstep graph (measured)."""
HEAP, PAGES = "server.memory.heap.max_size", "server.memory.pagecache.size"
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = re.compile(r"([\d.]+)\s*([KMGT]?)i?B?", re.IGNORECASE)
_MADE = re.compile(r"^CREATE\s+(?:[A-Z]+\s+)?(INDEX|CONSTRAINT)\s+(\w+)")
_DROPPED = re.compile(r"^DROP\s+(?:INDEX|CONSTRAINT)\s+(\w+)")
_HIDDEN = "not visible to this user"


def check(database: Database) -> dict[str, str]:
    """What was found, by name; with advice where there is any (:class:`graph.store.Checked`)."""
    found = {"store": "neo4j", "server": server(database)}
    found["database"], found["user"] = named(database), _one(database, "doctor_user") or _HIDDEN
    found["writing"] = writing(database)
    found["schema"] = schema(database)
    found["indexes"] = indexes(database)
    found |= memory(database)
    found["clock"] = clock(database)
    found["disk"] = "not visible from here: look at the server's volumes"
    return found | contents(database)


def server(database: Database) -> str:
    """Version and edition."""
    rows = _ask(database, "doctor_server")
    if not rows:
        return Checked(_HIDDEN, "warning", f"Lockstep needs Neo4j {_dotted(OLDEST)} or later")
    version, edition = rows[0]
    text = f"Neo4j {version} {edition}"
    if _numbers(version) < OLDEST:
        return Checked(
            text, "warning", f"Lockstep is tested with {_dotted(OLDEST)} (LTS) and later: upgrade the server"
        )
    return text


def named(database: Database) -> str:
    """The database's name, and whether it is online and may be written to."""
    name = str(_one(database, "doctor_name") or database.address.database or "")
    rows = _ask(database, "doctor_database", name=name)
    if not rows:
        return f"{name} (state {_HIDDEN})"
    access, status, message = rows[0]
    text = ", ".join(filter(None, (name, status, access, message)))
    if status != "online":
        return Checked(text, "error", "the server's logs say why it is not online")
    if access != "read-write":
        return Checked(
            text, "warning", "loading is not possible: see server.databases.read_only, and whether the disk is full"
        )
    if message:
        return Checked(text, "error", "mend what it names (a full disk is the usual one), then restart the server")
    return text


def writing(database: Database) -> str:
    """Whether this user may write, by an attempt that is taken back."""
    try:
        with suppress(_TakenBack), database.transaction(timeout=WRITE_S) as transaction:
            transaction.run(cypher("doctor_write"))
            raise _TakenBack
    except StoreError as error:
        if isinstance(error, Transient):
            return Checked(f"not tried: {error.message}", "warning", error.hint)
        return Checked(f"not possible: {error.message}", "warning", error.hint)
    return "allowed"


def schema(database: Database) -> str:
    """The schema's version."""
    version, newest = migrations.version(database), len(migrations.steps())
    text = f"{version} of {newest}"
    return text if version == newest else Checked(text, "error", "`lockstep migrate`, or upgrade Lockstep")


def indexes(database: Database) -> str:
    """Whether all indexes and constraints are there and usable."""
    wanted = expected()
    states = {name: (state, percent) for name, state, percent in database.read(cypher("doctor_indexes"))}
    constraints = {row[0] for row in database.read(cypher("doctor_constraints"))}
    missing = [n for n, kind in wanted.items() if n not in states or (kind == "CONSTRAINT" and n not in constraints)]
    failed = [n for n in wanted if n in states and states[n][0] == "FAILED"]
    filling = [f"{n} {states[n][1]:.0f} %" for n in wanted if n in states and states[n][0] == "POPULATING"]
    if missing:
        hint = "make them as in graph/stores/cypher/migrations, or load into an empty database"
        return Checked(f"missing: {_some(missing)}", "error", hint)
    if failed:
        return Checked(f"failed: {_some(failed)}", "error", "the server's debug.log says why; drop and make them again")
    if filling:
        return Checked(f"being filled: {_some(filling)}", "warning", "queries are slow until they are there")
    return f"{len(wanted)} online"


def expected() -> dict[str, str]:
    """Names of indexes and constraints that the schema's steps leave behind, and which of the two they are."""
    names: dict[str, str] = {}
    for statement in (s for step in migrations.steps() for s in migrations.statements(step)):
        if made := _MADE.match(statement):
            names[made[2]] = made[1]
        elif dropped := _DROPPED.match(statement):
            names.pop(dropped[1], None)
    return names


def memory(database: Database) -> dict[str, str]:
    """Heap, and page cache beside the estimated size of the store."""
    rows = _ask(database, "doctor_settings", names=[HEAP, PAGES])
    settings = {name: size(value) for name, value in rows or ()}
    nodes, relationships = database.read(cypher("doctor_sizes"))[0]
    needed = nodes * NODE_BYTES + relationships * RELATIONSHIP_BYTES
    store = f"about {_bytes(needed)} ({nodes:,} nodes, {relationships:,} relationships)"
    found = {"size": store}
    if rows is None:
        return found | {"heap": _HIDDEN, "page cache": _HIDDEN}
    heap, pages = settings.get(HEAP), settings.get(PAGES)
    if heap is None:
        found["heap"] = "left to Java: a quarter of the server's memory"
    elif heap < SMALL_HEAP:
        found["heap"] = Checked(_bytes(heap), "warning", f"raise {HEAP}: loads are slow or fail below 512 MB")
    else:
        found["heap"] = _bytes(heap)
    if pages is None:
        found["page cache"] = "left to the server: half of the memory beside the heap"
    elif pages < needed:
        hint = f"raise {PAGES} towards the size of the store, or reading goes to the disk"
        found["page cache"] = Checked(_bytes(pages), "warning", hint)
    else:
        found["page cache"] = _bytes(pages)
    return found


def clock(database: Database) -> str:
    """How far the server's clock is from this machine's."""
    before = time.time()
    there = database.value(cypher("doctor_clock")) / 1000
    after = time.time()
    ahead = max(there - after, 0.0) or min(there - before, 0.0)  # what the way there and back cannot explain
    if abs(ahead) <= CLOCK_S:
        return f"within {CLOCK_S:g} s of this machine's"
    text = f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    return Checked(text, "warning", "set both by a time service (NTP): commits are dated by this machine's clock")


def contents(database: Database) -> dict[str, str]:
    """Commits, rows by table and the quarantine, by the numbers that the server keeps."""
    meta = database.read(cypher("meta"))
    counts = {table: _nodes(database, ROWS[table]) for table in TABLES}
    counts["posts"] -= _nodes(database, "Stub")
    found = {
        "seq": str(meta[0][2]) if meta else "none",
        "rows": ", ".join(f"{n} {table}" for table, n in counts.items() if n) or "none",
        "quarantine": str(_nodes(database, "Rejected")),
    }
    staging = meta[0][3] if meta else None
    if staging is not None:
        found["commit under way"] = f"{staging}; if nobody is loading, the next load clears it away"
    return found


def size(text: str | None) -> int | None:
    """Bytes of a setting (``512.00MiB``, ``2g``); None where it is not set."""
    read = _SIZE.fullmatch((text or "").strip())
    return int(float(read[1]) * _UNITS[read[2].upper()]) if read else None


class _TakenBack(Exception):
    """Ends a transaction without keeping it."""


def _ask(database: Database, name: str, /, **params: Any) -> Rows | None:
    """Rows of a statement that not every user may run; None where the server refuses it."""
    try:
        return database.read(cypher(name), params)
    except StoreError as error:
        if isinstance(error, Transient):
            raise
        return None


def _one(database: Database, name: str) -> str | None:
    rows = _ask(database, name)
    return str(rows[0][0]) if rows else None


def _nodes(database: Database, label: str) -> int:
    return int(database.value(cypher("doctor_nodes", label=label)))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version)[:2])


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _some(names: list[str]) -> str:
    more = len(names) - 5
    return ", ".join(names[:5]) + (f" and {more} more" if more > 0 else "")


def _bytes(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
