"""Full-text search in Neo4j: names by ranges of indexes, posts by words from a full-text index up to one row.

The index holds a post's words as :func:`graph.explore.words` finds them, in the property ``words``; ``indexed`` of the
Lockstep node is the last row it has come to. A hit counts only if the view sees that very row, and if its text contains
the words. What is newer, and what has since been replaced but is seen at an older commit, is read.

The index gives hits in no order of use, and a common word has millions. So each post's day is in the index too, and the
Lockstep node counts posts by ``days``: the newest days are asked first, more of them only while hits are lacking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from heapq import nsmallest
from typing import Any, Protocol

from graph.explore import words
from graph.model import Hit, NodeRef, NodeType
from graph.searching import SCOPED, Asked, merged, unfolded
from graph.stores.neo4jdb.database import Database, Rows, Transaction, cypher
from graph.stores.neo4jdb.model import HEAD, LABELS, TABLE_ORDER

CHUNK = 5_000
"""Posts read or indexed at once, at most."""
CHARACTERS = 4_000_000
"""Text of those, roughly at most."""
WORD = 120
"""Characters of a word in the index: the server's tokenizer splits at 255 UTF-16 units, of which one may take two."""
NEWEST = 10_000
"""Posts, roughly, in the newest days that a search looks at first."""
FEW = 2_000
"""Names or posts up to which all are read, wherever they lie."""
DAYS = 1_000
"""Days whose posts are counted one by one; those before count as one."""
WORDS = 50
"""Words asked of the index, at most: Lucene allows 1,024, and the text of a hit is compared anyway."""


class Searchable(Protocol):
    """The part of a view that searching needs."""

    seq: int

    @property
    def pins(self) -> Mapping[str, int]:
        """The last row of each table that it sees."""


def index(database: Database) -> int:
    """Bring the index up to the newest commit; returns how many posts were added. A killed run is continued."""
    after, pin = database.read(cypher("text_span"), {"place": TABLE_ORDER.index("posts")})[0]
    added, limit = 0, CHUNK
    while after < pin:
        after, limit, count = database.writing(partial(_add, after=after, pin=pin, limit=limit))
        added += count
    return added


def _add(transaction: Transaction, *, after: int, pin: int, limit: int) -> tuple[int, int, int]:
    """Index the next posts: the row that the index has come to, how many to take next, and how many were added."""
    asked = {"after": after, "pin": pin, "limit": limit}
    numbers, keys, texts, days = transaction.run(cypher("text_fresh"), asked)[0]
    last = numbers[-1] if len(numbers) == limit else pin
    rows = list(zip(numbers, keys, map(_line, texts, days), strict=True))
    transaction.run(cypher("text_put"), {"rows": rows})
    counts = _counted(transaction.value(cypher("text_days")), days)
    transaction.run(cypher("text_come"), {"row": last, "days": counts})
    return last, _limit(texts), len(rows)


def _counted(known: Sequence[int], days: Sequence[int]) -> list[int]:
    """Posts by day, newest first (day, count, day, count …), after more posts of these days.

    Posts that are replaced are not taken off: the numbers only say how far back a search begins.
    """
    counts = Counter(dict(zip(known[::2], known[1::2], strict=True)))
    counts.update(days)
    newest = sorted(counts, reverse=True)
    for day in newest[DAYS:-1]:
        counts[newest[-1]] += counts.pop(day)
    return [n for pair in sorted(counts.items(), reverse=True) for n in pair]


def _limit(texts: Sequence[str]) -> int:
    """How many posts to take next, if their texts are about as long as these."""
    return max(1, min(CHUNK, len(texts) * CHARACTERS // max(1, sum(map(len, texts)))))


def _line(text: str, day: int) -> str:
    """What the index is given; no word looks like a day's."""
    return " ".join([*(word[:WORD] for word in words(text)), _token(day)])


def _token(day: int) -> str:
    return f"@{max(0, min(day, 99_999_999)):08}"


def search(
    view: Searchable, database: Database, text: str, *, types: Sequence[NodeType] | None = None, limit: int = 20
) -> list[Hit]:
    """Nodes by key or handle, then posts by words (see :meth:`graph.store.View.search`), as the view sees them."""
    asked = Asked.of(text, types, limit)
    if not asked.kinds:
        return []
    return database.reading(lambda tx: _Search(tx, asked, view).hits())


class _Search:
    """One search inside one transaction."""

    def __init__(self, transaction: Transaction, asked: Asked, view: Searchable) -> None:
        self.transaction = transaction
        self.asked = asked
        self.view = view
        self.indexed, self.platforms, self.days = transaction.run(cypher("search_state"))[0]

    def hits(self) -> list[Hit]:
        return merged(self.asked, self.named, self.worded)

    def _run(self, statement: str, params: Mapping[str, Any], table: str = "posts") -> Rows:
        pinned = {"seq": self.view.seq, "pin": self.view.pins[table], **params}
        return self.transaction.run(statement, pinned)

    # names

    def named(self, kind: NodeType) -> list[Hit]:
        """Nodes of a type whose key, id or handle begins with the text, by key."""
        if kind == NodeType.FINDING:
            return []  # findings that were written back are no part of the record
        found = self._handles() if kind == NodeType.ACCOUNT else {}
        found |= {key: key for key in self._keys(kind)}
        return [Hit(NodeRef(kind, key), found[key]) for key in sorted(found)[: self.asked.limit]]

    def _keys(self, kind: NodeType) -> Iterator[str]:
        """Keys of nodes by their own names; the first by key, as many as asked for, if there are."""
        scopes = [f"{platform}:" for platform in self.platforms] if kind in SCOPED else []
        starts = [scope + self.asked.text for scope in ("", *scopes)]
        yield from self._by_key(kind, [start for start in starts if len(start) <= HEAD])
        for start in starts:
            if len(start) > HEAD:
                yield from self._by_name(kind, "key", start)
        yield from self._by_fold(kind, "folded", [""])
        if kind in SCOPED:
            yield from self._by_fold(kind, "folded_id", scopes)

    def _by_key(self, kind: NodeType, prefixes: Sequence[str], fold: str = "") -> Iterator[str]:
        """Keys in the order of the index, which is not theirs where long keys share their beginning."""
        pages: dict[str, list[str]] = {}
        params = {"prefixes": prefixes, "fold": fold, "limit": self.asked.limit}
        for prefix, key in self._run(cypher("search_keys", label=LABELS[kind]), params):
            pages.setdefault(prefix, []).append(key)
        for page in pages.values():
            yield from page
            if len(page) == self.asked.limit and len(page[-1]) > HEAD:
                yield from self._by_name(kind, "key", page[-1])

    def _by_fold(self, kind: NodeType, name: str, scopes: Sequence[str]) -> Iterator[str]:
        """Keys by a folded name; where they are many, the first of them are found by the key's own spellings."""
        text = self.asked.text
        if len(text) > HEAD:
            yield from self._by_name(kind, name, text)
            return
        params = {"prefix": text, "limit": FEW}
        keys = self._run(cypher("search_folded", label=LABELS[kind], property=name), params)[0][0]
        if len(keys) < FEW:
            yield from keys
        else:
            yield from self._by_key(kind, [scope + start for scope in scopes for start in unfolded(text)], text)

    def _by_name(self, kind: NodeType, name: str, prefix: str) -> list[str]:
        """Keys by one of the names, in their order; the index knows no more than the beginning of long names."""
        statement = cypher("search_names", label=LABELS[kind], property=name)
        rows = _first(
            lambda limit: self._run(statement, {"prefix": prefix[:HEAD], "limit": limit}),
            lambda row: self.asked.begins(kind, row[0]),
            self.asked.limit,
        )
        return [key for (key,) in rows]

    def _handles(self) -> dict[str, str]:
        """Accounts with a handle that begins with the text, and the newest such handle."""
        rows = _first(
            lambda limit: self._run(
                cypher("search_handles"), {"prefix": self.asked.text[:HEAD], "limit": limit}, "accounts"
            ),
            lambda row: row[1].casefold().startswith(self.asked.text),
            self.asked.limit,
        )
        return {account: handle for account, handle in rows}  # noqa: C416 - a row is a list, which dict() does not take

    # words

    def worded(self, count: int) -> list[Hit]:
        """Posts that contain all words of the text, newest first."""
        found: dict[str, tuple[int, str, str]] = {}
        for rows in self._candidates(count):
            found |= {key: (-at, key, text) for at, key, text in rows if text and self.asked.within(text)}
            found = {hit[1]: hit for hit in nsmallest(count, found.values())}
        return [Hit(NodeRef(NodeType.POST, key), text) for _, key, text in found.values()]

    def _candidates(self, count: int) -> Iterator[Rows]:
        """Posts that may contain the words: current ones first, so that none slips by while it is replaced."""
        yield self._indexed(count)
        yield from self._chunks("search_unread", self.indexed)
        ended = self._run(cypher("search_ended"), {"limit": CHUNK})
        if len(ended) < CHUNK:
            yield ended
        else:
            yield from self._chunks("search_past", 0)

    def _indexed(self, count: int) -> Rows:
        """Posts by the index: those of the newest days, as many days as it takes."""
        longest = sorted(self.asked.words, key=len)[-WORDS:]
        query = " AND ".join(f'"{word[:WORD]}"' for word in longest)
        rows: Rows = []
        for span in self._spans(query):
            rows = self._matching(query + span, count)
            if len(rows) >= count:
                break
        return rows

    def _matching(self, query: str, count: int) -> Rows:
        return _first(
            lambda limit: self._run(cypher("search_words"), {"query": query, "limit": limit}),
            lambda row: self.asked.within(row[2]),
            count,
        )

    def _spans(self, query: str) -> Iterator[str]:
        """Further conditions, each with far more posts than the one before; the last is none."""
        posts = NEWEST
        while (since := self._since(posts)) is not None:
            yield f" AND [{_token(since)} TO {_token(99_999_999)}]"
            hits = self.transaction.value(cypher("search_count"), {"query": query, "limit": FEW + 1})
            if hits <= FEW:
                break
            posts *= 10
        yield ""

    def _since(self, posts: int) -> int | None:
        """The day since which there are that many posts; None where there are hardly more."""
        for place in range(0, len(self.days) - 2, 2):
            posts -= self.days[place + 1]
            if posts <= 0:
                return int(self.days[place])
        return None

    def _chunks(self, name: str, after: int) -> Iterator[Rows]:
        """Rows by their numbers, some at a time; the server gives them as columns, which costs far less."""
        limit = CHUNK
        while True:
            ats, keys, texts, numbers = self._run(cypher(name), {"after": after, "limit": limit})[0]
            yield [list(row) for row in zip(ats, keys, texts, strict=True)]
            if len(numbers) < limit:
                return
            after, limit = numbers[-1], _limit(texts)


def _first(ask: Callable[[int], Rows], holds: Callable[[list[Any]], bool], count: int) -> Rows:
    """The first rows that hold; more are asked for only where the index named some that do not."""
    limit = count
    while True:
        rows = ask(limit)
        kept = [row for row in rows if holds(row)]
        if len(kept) >= count or len(rows) < limit:
            return kept[:count]
        limit *= 8
