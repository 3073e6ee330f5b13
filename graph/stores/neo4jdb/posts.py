"""Posts: as rows of values for the server, in pieces that lanes can write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from graph.model import PARENT_RELS, NodeType, Rel
from graph.stores.neo4jdb.codec import split_times
from graph.stores.neo4jdb.database import cypher
from graph.stores.neo4jdb.lanes import Dense, Lanes, Node, Shared, lane_of
from graph.stores.neo4jdb.model import LABELS, indexed
from graph.stores.neo4jdb.nodes import Work, folds, void

CHUNK = 2_000
"""Posts or relationships of one statement, at most."""
CHUNK_BYTES = 2_000_000
"""Text of the posts of one statement, roughly at most."""
WAVE = 8_000
"""Posts shared out at once: what they teach about dense nodes serves the next wave."""
KEY, ACCOUNT, TEXT, PARENT, NAMES = 0, 1, 5, 17, 14
OBJECTS = (
    ("tickers", Rel.MENTIONS, NodeType.TICKER, "post_mentions"),
    ("links", Rel.LINKS_TO, NodeType.LINK, "post_links"),
    ("hashtags", Rel.TAGGED, NodeType.HASHTAG, "post_tags"),
)
"""What a post names, in the order of its row's last places: column, relation, type, statement."""
_LABELS = tuple(LABELS[kind] for _, _, kind, _ in OBJECTS)

Row = list[Any]
Name = tuple[str, str, str, str]
"""A relationship to be made: type, label of the object, post, object."""


def rows(batch: pa.RecordBatch, numbers: Sequence[int], digests: Sequence[int]) -> list[Row]:
    """Values of posts as ``post_new.cypher`` takes them, and last the parent's relation and key."""
    column = {name: batch.column(name).to_pylist() for name in batch.schema.names if name != "created_at"}
    seconds, nanos = split_times(batch.column("created_at"))
    found = []
    for i, (key, account) in enumerate(zip(column["post"], column["account"], strict=True)):
        names = [list(map(indexed, column[name][i])) for name, *_ in OBJECTS]
        kind, parent = column["kind"][i], column["parent"][i]
        rel = PARENT_RELS.get(kind) if parent is not None else None
        row = [indexed(key), indexed(account), seconds[i], nanos[i], kind, column["text"][i], numbers[i], digests[i]]
        row += [column["tickers"][i], column["links"][i], column["hashtags"][i], column["lang"][i], parent]
        row += [_rarities(key, account), *names, None if rel is None else (rel.value, indexed(parent))]
        found.append(row)
    return found


def _rarities(key: str, account: str) -> dict[str, str] | None:
    """What only unusual posts have: long keys in full, and folded keys that differ."""
    short, owner = indexed(key), indexed(account)
    folded, folded_id = folds(NodeType.POST, key)
    if short == key and owner == account and folded is None:
        return None
    found = {"full": key if short != key else None, "account": account if owner != account else None}
    found |= {"folded": folded, "folded_id": folded_id}
    return {name: value for name, value in found.items() if value is not None}


def write(lanes: Lanes, dense: Dense, found: Sequence[Row], seq: int) -> None:
    """Make new posts and their relationships, in both lanes as far as they cannot meet."""
    parents: list[Name] = []
    for start in range(0, len(found), WAVE):
        wave = found[start : start + WAVE]
        shared, assigned = Shared(dense), [lane_of(row[ACCOUNT]) for row in wave]
        for row, lane in zip(wave, assigned, strict=True):
            for node in _nodes(row):
                shared.touch(node, lane)
        waiting: list[Name] = []
        shares: list[list[Row]] = [[], []]
        for row, lane in zip(wave, assigned, strict=True):
            shares[lane].append(_inline(row, shared, waiting))
            if row[PARENT] is not None:
                rel, parent = row[PARENT]
                parents.append((rel, LABELS[NodeType.POST], row[KEY], parent))
        lanes.run(*([*pieces("post_new", share, seq)] for share in shares))
        name(lanes, dense, waiting)
        dense.add(node for row in wave for node in _nodes(row))
    name(lanes, dense, parents)


def _nodes(row: Row) -> Iterator[Node]:
    yield "Account", row[ACCOUNT]
    for label, keys in zip(_LABELS, row[NAMES : NAMES + 3], strict=True):
        for key in keys:
            yield label, key


def _inline(row: Row, shared: Shared, waiting: list[Name]) -> Row:
    """The row with those objects only that its lane may touch; the others' relationships wait."""
    kept = []
    for (_, rel, _, _), label, keys in zip(OBJECTS, _LABELS, row[NAMES : NAMES + 3], strict=True):
        late = [key for key in keys if shared.waits((label, key))]
        waiting += [(rel.value, label, row[KEY], key) for key in late]
        kept.append([key for key in keys if key not in late] if late else keys)
    return [*row[:NAMES], *kept]


def pieces(statement: str, found: Sequence[Row], seq: int) -> Iterator[Work]:
    """Statements of bounded size that write posts and the objects in their last places."""
    for chunk in _chunks(found):
        text = cypher(statement)
        for place, (_, _, _, further) in enumerate(OBJECTS, start=NAMES):
            if any(row[place] for row in chunk):
                text += cypher(further)
        yield _piece(text, chunk, seq)


def _piece(text: str, chunk: Sequence[Row], seq: int) -> Work:
    sent = [row[:PARENT] for row in chunk]
    return lambda transaction: void(transaction.run(text, {"rows": sent, "seq": seq}))


def _chunks(found: Sequence[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    size = 0
    for row in found:
        chunk.append(row)
        size += len(row[TEXT] or "")
        if len(chunk) == CHUNK or size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def name(lanes: Lanes, dense: Dense, names: Sequence[Name]) -> None:
    """Make relationships from posts that are there: in both lanes by object, then what both would touch."""
    shared, assigned = Shared(dense), [lane_of(to) for _, _, _, to in names]
    for (_, label, post, to), lane in zip(names, assigned, strict=True):
        shared.touch(("Post", post), lane)
        shared.touch((label, to), lane)
    shares: list[list[Name]] = [[], []]
    late: list[Name] = []
    for one, lane in zip(names, assigned, strict=True):
        _, label, post, to = one
        waits = shared.waits(("Post", post)) or shared.waits((label, to))
        (late if waits else shares[lane]).append(one)
    lanes.run(*([*namings(share)] for share in shares))
    lanes.run([*namings(late)])


def namings(names: Sequence[Name]) -> Iterator[Work]:
    """Statements that make relationships from posts that are there."""
    sorts: dict[tuple[str, str], list[list[str]]] = {}
    for rel, label, post, to in names:
        sorts.setdefault((rel, label), []).append([post, to])
    for (rel, label), found in sorts.items():
        text = cypher("post_names", type=rel, label=label)
        for start in range(0, len(found), CHUNK):
            yield _naming(text, found[start : start + CHUNK])


def _naming(text: str, found: list[list[str]]) -> Work:
    return lambda transaction: void(transaction.run(text, {"rows": found}))


def of(row: Row) -> list[Name]:
    """What is made after a post by :func:`namings`: its parent; the other objects are in the row."""
    return [] if row[PARENT] is None else [(row[PARENT][0], LABELS[NodeType.POST], row[KEY], row[PARENT][1])]
