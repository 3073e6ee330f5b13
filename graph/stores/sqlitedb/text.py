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
from graph.searching import SCOPED, Asked, merged
from graph.stores.sqlitedb.database import Database, sql
from graph.stores.sqlitedb.nodes import TYPE_CODES, TYPES

CHUNK = 500
"""Rows handled at once (few, as :meth:`Database.columns` explains)."""
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
        if TYPES[code] in SCOPED:
            yield code, unscoped(key)[1].casefold(), number


def search(database: Database, pin: int, text: str, types: Sequence[NodeType] | None, limit: int) -> list[Hit]:
    """Nodes by key or handle, then posts by words (see :meth:`graph.store.View.search`)."""
    asked = Asked.of(text, types, limit)
    if not asked.kinds:
        return []
    with database.transaction():
        here = _Search(database, pin, asked)
        return merged(asked, here.named, here.worded)


class _Search:
    """One search inside one transaction."""

    def __init__(self, database: Database, pin: int, asked: Asked) -> None:
        self.database = database
        self.asked = asked
        self.params: dict[str, Any] = {
            "pin": pin,
            "indexed": database.value(sql("indexed")),
            "limit": asked.limit,
        }
        if asked.nameable:
            self.params |= {"wanted": asked.text, "beyond": asked.text + _LAST}
        database.function("fold", 1, str.casefold)

    def named(self, kind: NodeType) -> list[Hit]:
        """Nodes of a type whose key, id or handle begins with the text, by key."""
        found: dict[str, str] = {}
        if kind == NodeType.ACCOUNT:
            rows = sorted(self.database.run(sql("handles"), self.params), key=lambda row: row[2])  # the last one counts
            found = {key: handle for key, handle, _ in rows if handle.casefold().startswith(self.asked.text)}
        found |= {key: key for key in self._keys(kind)}
        return [Hit(NodeRef(kind, key), found[key]) for key in sorted(found)[: self.asked.limit]]

    def _keys(self, kind: NodeType) -> Iterator[str]:
        """Keys of nodes by their own names; the first by key, at least as many as asked for, if there are."""
        source = "posts" if kind == NodeType.POST else "nodes"
        typed = {**self.params, "type": TYPE_CODES[kind]}
        if kind != NodeType.LINK:  # a folded key begins so itself
            prefixes = [""]
            if kind in SCOPED:
                prefixes += [f"{platform}:" for platform in self._platforms(source)]
            for prefix in prefixes:
                low = prefix + self.asked.text
                span = {"low": low, "high": low + _LAST}
                yield from self._column(f"{source}_by_prefix", {**typed, **span})
        yield from self._column(f"{source}_by_name", typed)
        for (key,) in self.database.run(sql(f"{source}_unindexed_names"), typed):
            if self.asked.begins(kind, key):
                yield key

    def _platforms(self, source: str) -> list[str]:
        return list(self._column(f"{source}_platforms", {}))

    def _column(self, query: str, params: dict[str, Any]) -> Iterator[str]:
        return (row[0] for row in self.database.run(sql(query), params))

    def worded(self, count: int) -> list[Hit]:
        """Posts that contain all words of the text, newest first."""
        asked = {**self.params, "match": " ".join(f'"{word}"' for word in self.asked.words)}
        found = self.database.run(sql("posts_by_words"), {**asked, "limit": count})
        for rows in self.database.stream(sql("posts_unindexed_words"), asked, CHUNK):
            found += [row for row in rows if self.asked.within(row[2])]
        found.sort(key=lambda row: (-row[0], row[1]))
        return [Hit(NodeRef(NodeType.POST, key), body) for _, key, body in found[:count]]
