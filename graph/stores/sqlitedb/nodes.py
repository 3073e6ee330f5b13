"""Ids of nodes: looked up, given to new ones, and remembered in a bounded way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from graph.model import NodeType, Rel, host_of
from graph.stores.sqlitedb.database import Database, sql

Ints: TypeAlias = npt.NDArray[np.int64]

TYPE_CODES = {
    NodeType.ACCOUNT: 0,
    NodeType.POST: 1,
    NodeType.TICKER: 2,
    NodeType.LINK: 3,
    NodeType.DOMAIN: 4,
    NodeType.HASHTAG: 5,
    NodeType.WALLET: 6,
    NodeType.IDENTIFIER: 7,
    NodeType.FINDING: 8,
}
"""What the database writes for a type; never to be changed."""
TYPES = {code: kind for kind, code in TYPE_CODES.items()}
REL_CODES = {
    Rel.POSTED: 0,
    Rel.MENTIONS: 1,
    Rel.TAGGED: 2,
    Rel.LINKS_TO: 3,
    Rel.ON: 4,
    Rel.REPOSTS: 5,
    Rel.QUOTES: 6,
    Rel.REPLIES_TO: 7,
    Rel.LIKES: 8,
    Rel.FOLLOWS: 9,
    Rel.VIEWS: 10,
    Rel.SHARES: 11,
    Rel.USES: 12,
    Rel.TRANSFERRED: 13,
    Rel.INVOLVES: 14,
}
"""What the database writes for a relation; never to be changed."""
RELS = {code: rel for rel, code in REL_CODES.items()}
SLOTS = 64
"""Slots of a node: 32 relation codes in two directions."""
REMEMBERED = 40_000
"""Ids remembered of a type in each of two generations."""


class Memory:
    """A bounded dictionary: what was not used for a generation is forgotten, what is used often never is."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self.size = size
        self.young: dict[str, int] = {}
        self.old: dict[str, int] = {}

    def get(self, keys: Sequence[str]) -> list[int | None]:
        """Known ids, None where unknown."""
        found = list(map(self.young.get, keys))
        if self.old and None in found:
            for i in [i for i, known in enumerate(found) if known is None]:
                if (older := self.old.get(keys[i])) is not None:
                    found[i] = self.young[keys[i]] = older
        return found

    def put(self, keys: Sequence[str], ids: Sequence[int]) -> None:
        """Remember ids."""
        self.young.update(zip(keys, ids, strict=True))
        if len(self.young) > self.size:
            self.old, self.young = self.young, {}


class Names:
    """What a store remembers of ids between transactions; forgotten when one is taken back."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.memories = {kind: Memory() for kind in NodeType}


class Ids:
    """Gives ids inside one transaction.

    Parameters
    ----------
    take : callable
        Takes so many numbers from the counter and gives the first.
    """

    def __init__(self, database: Database, names: Names, seq: int, take: Callable[[int], int]) -> None:
        self.database = database
        self.names = names
        self.seq = seq
        self.take = take

    def column(self, kind: NodeType, keys: pa.Array) -> Ints:
        """Ids of a column of keys without nulls; nodes are made where missing."""
        encoded = keys.dictionary_encode()
        ids = np.array(self.of(kind, encoded.dictionary.to_pylist()), dtype=np.int64)
        found: Ints = ids[encoded.indices.to_numpy()]
        return found

    def of(self, kind: NodeType, keys: Sequence[str]) -> list[int]:
        """Ids of distinct keys; nodes are made where missing."""
        memory = self.names.memories[kind]
        ids = memory.get(keys)
        missing = sorted(key for key, known in zip(keys, ids, strict=True) if known is None)
        if not missing:
            return cast("list[int]", ids)
        found = self._make_posts(missing) if kind == NodeType.POST else self._make(kind, missing)
        memory.put(missing, found)
        made = dict(zip(missing, found, strict=True))
        return [made[key] if known is None else known for key, known in zip(keys, ids, strict=True)]

    def _make(self, kind: NodeType, keys: list[str]) -> list[int]:
        domains = self._domains(keys) if kind == NodeType.LINK else [0] * len(keys)
        first, code = self.take(len(keys)), TYPE_CODES[kind]
        ids = list(range(first, first + len(keys)))
        count = len(keys)
        columns = (ids, [code] * count, domains, keys, [self.seq] * count)
        if self.database.insert(sql("node_insert"), columns) == count:
            return ids
        span = {"first": first, "beyond": first + len(keys)}
        made = {row[0] for row in self.database.run(sql("nodes_made"), span)}
        there: dict[int, list[str]] = {}  # keys that the database had, by their domain
        for number, domain, key in zip(ids, domains, keys, strict=True):
            if number not in made:
                there.setdefault(domain, []).append(key)
        found: dict[str, int] = {}
        for domain, mine in there.items():
            found |= lookup(self.database, "node_ids", mine, {"type": code, "domain": domain})
        return [i if i in made else found[key] for i, key in zip(ids, keys, strict=True)]

    def _make_posts(self, keys: list[str]) -> list[int]:
        """Stubs, as far as the posts are unknown."""
        first = self.take(len(keys))
        ids = list(range(first, first + len(keys)))
        if self.database.insert(sql("post_id_insert"), (keys, ids, [self.seq] * len(keys))) == len(keys):
            stubs = list(zip(ids, keys, strict=True))
        else:
            known = lookup(self.database, "post_ids", keys)
            stubs = [(i, key) for i, key in zip(ids, keys, strict=True) if known[key] == i]
            ids = [known[key] for key in keys]
        self.database.many(sql("stub_insert"), stubs)
        return ids

    def _domains(self, links: list[str]) -> list[int]:
        hosts = [_host(link) for link in links]
        distinct = sorted({host for host in hosts if host is not None})
        ids: dict[str | None, int] = {None: 0, **dict(zip(distinct, self.of(NodeType.DOMAIN, distinct), strict=True))}
        return [ids[host] for host in hosts]


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")


def _host(link: str) -> str | None:
    """:func:`graph.model.host_of`, with a short cut for plain web links."""
    parts = link.split("/", 3)
    if (
        len(parts) == 4
        and parts[0] in {"https:", "http:"}
        and not parts[1]
        and parts[2]
        and _PLAIN.issuperset(parts[2])
    ):
        return parts[2]
    return host_of(link)


def lookup(database: Database, query: str, keys: Sequence[str], params: dict[str, int] | None = None) -> dict[str, int]:
    """Ids of those keys that the database has; the query gives key and id."""
    listed = orjson.dumps(keys).decode()
    if "\\u0000" not in listed:
        return dict(database.run(sql(query), {**(params or {}), "keys": listed}))
    # SQLite ends a text from JSON at a NUL character: such keys are bound one by one
    found: dict[str, int] = {}
    for key in keys:
        rows = database.run(sql(query.removesuffix("s")), {**(params or {}), "key": key})
        found.update((name, number) for name, number, _ in rows)
    return found
