"""Nodes that rows name: which ones, and making those that are missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graph.model import NodeType, host_of, unscoped
from graph.stores.neo4jdb.database import Transaction, cypher
from graph.stores.neo4jdb.model import LABELS, indexed
from graph.stores.relations import nodes_of

REMEMBERED = 200_000
"""Keys of a type remembered as existing, at most."""
CHUNK = 5_000
"""Nodes made by one statement."""
_SCOPED = (NodeType.ACCOUNT, NodeType.POST)

Work = Callable[[Transaction], None]
"""Statements to run in one transaction."""


class Known:
    """Keys of nodes that are known to exist, bounded; forgotten when a commit fails."""

    def __init__(self) -> None:
        self._keys: dict[NodeType, set[str]] = {kind: set() for kind in NodeType}

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]  # as new

    def missing(self, kind: NodeType, keys: AbstractSet[str]) -> set[str]:
        """Those not known to exist."""
        return {*keys} - self._keys[kind]

    def add(self, kind: NodeType, keys: Iterable[str]) -> None:
        """Remember."""
        mine = self._keys[kind]
        mine.update(keys)
        if len(mine) > REMEMBERED:
            self._keys[kind] = set()


def named(table: str, batch: pa.RecordBatch) -> Iterator[tuple[NodeType, list[str]]]:
    """Distinct keys of the nodes that a batch's rows name, by type; a link's domain comes with it."""
    for kind, keys in nodes_of(table, batch):
        if len(keys):
            yield kind, pc.unique(keys).to_pylist()


def makers(kind: NodeType, keys: Collection[str], seq: int) -> Iterator[Work]:
    """What makes the nodes where they are missing; any number of them may run at once (domains before links)."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), CHUNK):
        rows = [_row(kind, key) for key in ordered[start : start + CHUNK]]
        if kind == NodeType.POST:
            statement = cypher("stub_make")
        elif kind == NodeType.LINK:
            statement = cypher("link_make")
        else:
            statement = cypher("node_make", label=LABELS[kind])
        yield _maker(statement, rows, seq)


def _maker(statement: str, rows: list[list[Any]], seq: int) -> Work:
    return lambda transaction: void(transaction.run(statement, {"rows": rows, "seq": seq}))


def void(_: object) -> None:
    """Nothing."""


def _row(kind: NodeType, key: str) -> list[Any]:
    short = indexed(key)
    folded, folded_id = folds(kind, key)
    row: list[Any] = [short, key if short != key else None, folded, folded_id]
    if kind == NodeType.LINK:
        host = host_of(key)
        row.append(None if host is None else indexed(host))
    return row


def folds(kind: NodeType, key: str) -> tuple[str | None, str | None]:
    """The folded key and the folded id without its platform, where the key differs from its folded form."""
    folded = key.casefold()
    if folded == key:
        return None, None
    return indexed(folded), indexed(unscoped(key)[1].casefold()) if kind in _SCOPED else None


def platforms(keys: Iterable[str]) -> set[str]:
    """Platforms of scoped keys; a key without one says nothing."""
    return {unscoped(key)[0] for key in keys if ":" in key}


def hosts(links: Iterable[str]) -> set[str]:
    """Domains of links."""
    return {host for link in links if (host := host_of(link)) is not None}
