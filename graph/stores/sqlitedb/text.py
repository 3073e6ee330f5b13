"""Full-text search: an index up to one commit, and reading what is newer, so that search is always complete.

The index takes words as :func:`graph.explore.words` finds them and posts as they were current when it was last brought
up to date; a hit counts only if the row seen at the view's commit is the very version that was indexed. What is newer,
and what has since been replaced but is seen at an older commit, is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from graph.explore import words
from graph.model import Hit, NodeRef, NodeType, unscoped
from graph.stores.sqlitedb.database import Database, sql
from graph.stores.sqlitedb.nodes import TYPE_CODES, TYPES

CHUNK = 500
"""Rows handled at once (few, as :meth:`Database.columns` explains)."""
_SCOPED = (NodeType.ACCOUNT, NodeType.POST)
_LAST = "\U0010ffff"


def index(database: Database) -> int:
    """Bring the index up to the newest commit; returns how many posts were added."""
    span = {"after": database.value(sql("indexed")), "pin": database.value(sql("head"))}
    for rows in database.stream(sql("text_stale"), span, CHUNK):
        database.many(sql("words_delete"), ((i, _words(text)) for i, text in rows))
    added = 0
    for rows in database.stream(sql("text_fresh"), span, CHUNK):
        added += len(rows)
        database.many(sql("words_insert"), ((i, _words(text)) for i, text in rows))
    for rows in database.stream(sql("names_fresh"), span, CHUNK):
        database.many(sql("name_insert"), (name for row in rows for name in _names(*row)))
    for rows in database.stream(sql("handles_fresh"), span, CHUNK):
        database.many(sql("handle_insert"), ((handle.casefold(), account) for account, handle in rows))
    database.run(sql("indexed_put"), (span["pin"],))
    return added


def _words(text: str) -> str:
    return " ".join(words(text))


def _names(code: int, number: int, key: str) -> Iterator[tuple[int, str, int]]:
    """Names that cannot be found by the key itself: those with capitals, and links, which lie by domain."""
    if TYPES[code] == NodeType.LINK or key.casefold() != key:
        yield code, key.casefold(), number
        if TYPES[code] in _SCOPED:
            yield code, unscoped(key)[1].casefold(), number


def search(database: Database, pin: int, text: str, types: Sequence[NodeType] | None, limit: int) -> list[Hit]:
    """Nodes by key or handle, then posts by words (see :meth:`graph.store.View.search`)."""
    wanted = text.strip().casefold()
    kinds = [kind for kind in NodeType if types is None or kind in types]
    hits: list[Hit] = []
    if not wanted or limit <= 0:
        return hits
    with database.transaction():
        ask = _Asked(database, pin, wanted, limit)
        for kind in kinds:
            hits += ask.named(kind)
            if len(hits) >= limit:
                return hits[:limit]
        if NodeType.POST in kinds:
            known = {hit.node for hit in hits}
            hits += [hit for hit in ask.worded(limit + len(known)) if hit.node not in known]
    return hits[:limit]


class _Asked:
    """One search inside one transaction."""

    def __init__(self, database: Database, pin: int, wanted: str, limit: int) -> None:
        self.database = database
        self.wanted = wanted
        self.limit = limit
        self.params: dict[str, Any] = {
            "pin": pin,
            "indexed": database.value(sql("indexed")),
            "wanted": wanted,
            "beyond": wanted + _LAST,
            "limit": limit,
        }
        database.function("fold", 1, str.casefold)

    def named(self, kind: NodeType) -> list[Hit]:
        """Nodes of a type whose key, id or handle begins with the text, by key."""
        found: dict[str, str] = {}
        if kind == NodeType.ACCOUNT:
            rows = sorted(self.database.run(sql("handles"), self.params), key=lambda row: row[2])  # the last one counts
            found = {key: handle for key, handle, _ in rows if handle.casefold().startswith(self.wanted)}
        found |= {key: key for key in self._keys(kind)}
        return [Hit(NodeRef(kind, key), found[key]) for key in sorted(found)[: self.limit]]

    def _keys(self, kind: NodeType) -> Iterator[str]:
        """Keys of nodes by their own names; the first by key, at least as many as asked for, if there are."""
        source = "posts" if kind == NodeType.POST else "nodes"
        typed = {**self.params, "type": TYPE_CODES[kind]}
        if kind != NodeType.LINK:  # a folded key begins so itself
            prefixes = [""]
            if kind in _SCOPED:
                prefixes += [f"{platform}:" for platform in self._platforms(source)]
            for prefix in prefixes:
                span = {"low": prefix + self.wanted, "high": prefix + self.wanted + _LAST}
                yield from self._column(f"{source}_by_prefix", {**typed, **span})
        yield from self._column(f"{source}_by_name", typed)
        for (key,) in self.database.run(sql(f"{source}_unindexed_names"), typed):
            names = (key, unscoped(key)[1]) if kind in _SCOPED else (key,)
            if any(name.casefold().startswith(self.wanted) for name in names):
                yield key

    def _platforms(self, source: str) -> list[str]:
        return list(self._column(f"{source}_platforms", {}))

    def _column(self, query: str, params: dict[str, Any]) -> Iterator[str]:
        return (row[0] for row in self.database.run(sql(query), params))

    def worded(self, count: int) -> list[Hit]:
        """Posts that contain all words of the text, newest first."""
        needed = words(self.wanted)
        if not needed:
            return []
        asked = {**self.params, "match": " ".join(f'"{word}"' for word in needed)}
        found = self.database.run(sql("posts_by_words"), {**asked, "limit": count})
        for rows in self.database.stream(sql("posts_unindexed_words"), asked, CHUNK):
            found += [row for row in rows if {*needed} <= {*words(row[2])}]
        found.sort(key=lambda row: (-row[0], row[1]))
        return [Hit(NodeRef(NodeType.POST, key), body) for _, key, body in found[:count]]
