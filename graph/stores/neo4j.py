"""The Neo4j store: a graph that its users open in Neo4j Browser, Bloom and their own notebooks as well.

``neo4j://[user@]host[:port][/database]``, or ``neo4j+s://`` (encrypted), ``bolt://``, ``bolt+s://`` (one server, no
routing). The password is in the environment, ``LOCKSTEP_NEO4J_PASSWORD``. How the graph lies in the database:
:mod:`graph.stores.neo4jdb.model`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from graph.errors import ConfigError

if TYPE_CHECKING:  # the driver is loaded by those who use it only
    from graph.stores.neo4jdb.database import Address
    from graph.stores.neo4jdb.store import Neo4jStore

SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
PASSWORD = "LOCKSTEP_NEO4J_PASSWORD"  # noqa: S105 - the variable's name
USER = "neo4j"
"""Who asks where the URL names nobody."""


def open(url: str, data_dir: Path, *, create: bool = True) -> Neo4jStore:  # noqa: A001 - as in every store module
    """Open the database, or make it a Lockstep graph."""
    from graph.stores.neo4jdb.database import Database
    from graph.stores.neo4jdb.store import Neo4jStore

    where, password = _address(url), os.environ.get(PASSWORD)
    if not password:
        raise ConfigError("the password of the Neo4j user is not set", where=url, hint=f"set {PASSWORD}")
    database = Database(where, password)
    try:
        return Neo4jStore(url, database, data_dir, create=create)
    except BaseException:
        database.close()
        raise


def _address(url: str) -> Address:
    from graph.stores.neo4jdb.database import Address

    hint = "write neo4j://host:7687, neo4j://user@host/database, neo4j+s://… or bolt://…"
    try:
        parts = urlsplit(url)
        server = _server(parts)
    except ValueError as error:
        raise ConfigError(f"not a Neo4j URL: {error}", where=url, hint=hint) from error
    if parts.password is not None:
        safe = url.replace(f":{parts.password}@", "@")
        raise ConfigError("a password does not belong in the URL", where=safe, hint=f"set {PASSWORD}")
    database = unquote(parts.path.strip("/"))
    if not parts.hostname or "/" in database or parts.query or parts.fragment:
        raise ConfigError("not a Neo4j URL", where=url, hint=hint)
    return Address(server, unquote(parts.username or USER), database or None, url)


def _server(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or 7687}"
