"""Posts: as rows of values for the server, in pieces that lanes can write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from graph.model import PARENT_RELS, NodeType, Rel
from graph.stores.neo4jdb.codec import digests, split_times
from graph.stores.neo4jdb.database import cypher
from graph.stores.neo4jdb.lanes import Dense, Lanes, Open, Shared, lane_of
from graph.stores.neo4jdb.migrations import LANES
from graph.stores.neo4jdb.model import KEY_BYTES, LABELS, indexed
from graph.stores.neo4jdb.nodes import Work, folds, void

CHUNK = 1_000
"""Posts or relationships of one statement, at most."""
CHUNK_BYTES = 2_000_000
"""Text of the posts of one statement, roughly at most."""
FIRST = (100, 300)
"""Posts of a lane's first statements: until they have taught which nodes are dense, much has to wait."""
BLOCK = 8_000
"""Posts prepared at once."""
KEY, ACCOUNT, TEXT, NAMES = 0, 1, 5, 14
OBJECTS = (
    ("tickers", Rel.MENTIONS, NodeType.TICKER, "post_mentions"),
    ("links", Rel.LINKS_TO, NodeType.LINK, "post_links"),
    ("hashtags", Rel.TAGGED, NodeType.HASHTAG, "post_tags"),
)
"""What a post names, in the order of its row's last places: column, relation, type, statement."""
_NAMED = [(place, rel.value, LABELS[kind]) for place, (_, rel, kind, _) in enumerate(OBJECTS, start=NAMES)]

Row: TypeAlias = list[Any]
"""Values of one post as ``post_new.cypher`` takes them."""


@dataclass(frozen=True, slots=True)
class Name:
    """A relationship to be made from a post that is there; keys are as the database holds them."""

    type: str
    label: str
    post: str
    to: str


@dataclass(frozen=True, slots=True)
class Block:
    """Some posts, shared out.

    Parameters
    ----------
    lanes : list of list
        Rows of new posts for each lane: an account's are all its lane's.
    fills : list
        Rows of posts whose node is there.
    """

    lanes: list[list[Row]]
    fills: list[Row]


def shared_out(batch: pa.RecordBatch, numbers: Sequence[int], stubs: AbstractSet[str]) -> Block:
    """Posts as the server takes them, shared out; ``stubs`` are the keys of those whose node is there."""
    found = Block([[] for _ in LANES], [])
    for row in rows(batch, numbers):
        (found.fills if row[KEY] in stubs else found.lanes[lane_of(row[ACCOUNT])]).append(row)
    return found


def rows(batch: pa.RecordBatch, numbers: Sequence[int]) -> list[Row]:
    """Posts as the server takes them."""
    column = {name: batch.column(name).to_pylist() for name in batch.schema.names if name != "created_at"}
    posts, accounts = column["post"], column["account"]
    seconds, nanos = split_times(batch.column("created_at"))
    rare: list[dict[str, str] | None] = [None] * len(batch)
    whole = "".join(posts)
    if max(map(len, chain(posts, accounts)), default=0) > KEY_BYTES // 4 or whole.casefold() != whole:
        rare = [_rarities(*pair) for pair in zip(posts, accounts, strict=True)]
    names = [_keys(batch.column(name), column[name]) for name, *_ in OBJECTS]
    short = [_keys(batch.column(name), column[name]) for name in ("post", "account")]
    values = (*short, seconds, nanos, column["kind"], column["text"], numbers, digests(batch))
    # an empty list takes a tenth of the time that the post takes; absent, it is read as empty
    values += tuple([keys or None for keys in column[name]] for name, *_ in OBJECTS)
    values += (column["lang"], column["parent"], rare, *names)
    return list(map(list, zip(*values, strict=True)))  # the driver asks itself how to write each tuple


def _keys(column: pa.Array, values: list[Any]) -> list[Any]:
    """Keys, or lists of keys, as the database holds them."""
    nested = pa.types.is_list(column.type)
    longest = pc.max(pc.binary_length(pc.list_flatten(column) if nested else column)).as_py() or 0
    if longest <= KEY_BYTES // 4:
        return values
    return [[indexed(key) for key in keys] for keys in values] if nested else [indexed(key) for key in values]


def _rarities(key: str, account: str) -> dict[str, str] | None:
    """What only unusual posts have: long keys in full, and folded keys that differ."""
    if len(key) <= KEY_BYTES // 4 and len(account) <= KEY_BYTES // 4 and key.casefold() == key:
        return None
    short, owner = indexed(key), indexed(account)
    folded, folded_id = folds(NodeType.POST, key)
    found = {"full": key if short != key else None, "account": account if owner != account else None}
    found |= {"folded": folded, "folded_id": folded_id}
    return {name: value for name, value in found.items() if value is not None}


def parents(found: Sequence[Row]) -> list[Name]:
    """What is made after posts by :func:`namings`: relationships to their parents; all other objects are in the row."""
    label = LABELS[NodeType.POST]
    return [
        Name(PARENT_RELS[row[4]].value, label, row[KEY], indexed(row[12]))
        for row in found
        if row[12] is not None and row[4] in PARENT_RELS
    ]


def write(lanes: Lanes, dense: Dense, blocks: Sequence[Callable[[], Block]], seq: int) -> None:
    """Make new posts and their relationships, in both lanes as far as they cannot meet."""
    late: list[list[Name]] = [[] for _ in LANES]
    opened = Open(dense)
    lanes.run(*(_share(opened, lane, blocks, names, seq) for lane, names in enumerate(late)))
    names = [*chain.from_iterable(late)]
    name(lanes, dense, names)
    dense.add((one.label, one.to) for one in names)


def _share(
    opened: Open, lane: int, blocks: Sequence[Callable[[], Block]], late: list[Name], seq: int
) -> Iterator[Work]:
    """One lane's posts; relationships that have to wait, for the other lane or for the object, come to ``late``."""
    for found in _chunks(chain.from_iterable(block().lanes[lane] for block in blocks), FIRST):
        chunk = found
        named = [(label, key) for place, _, label in _NAMED for key in chain.from_iterable(row[place] for row in chunk)]
        waits = opened.take(lane, set(named))
        for place, rel, label in _NAMED if waits else ():
            keys = {key for one, key in waits if one == label}
            if not keys:
                continue
            late += [Name(rel, label, row[KEY], key) for row in chunk for key in row[place] if key in keys]
            chunk = [_without(row, place, keys) for row in chunk]
        yield _written("post_new", chunk, seq)
        opened.committed(lane, (node for node in named if node not in waits))
        late += parents(chunk)


def _without(row: Row, place: int, late: set[str]) -> Row:
    """The row without the objects whose relationships wait."""
    if late.isdisjoint(row[place]):
        return row
    return [*row[:place], [key for key in row[place] if key not in late], *row[place + 1 :]]


def pieces(statement: str, found: Sequence[Row], seq: int) -> Iterator[Work]:
    """Statements of bounded size that write posts and the objects in their last places."""
    for chunk in _chunks(found):
        yield _written(statement, chunk, seq)


def _written(statement: str, chunk: Sequence[Row], seq: int) -> Work:
    text = cypher(statement)
    for place, (_, _, _, further) in enumerate(OBJECTS, start=NAMES):
        if any(row[place] for row in chunk):
            text += cypher(further)
    return _piece(text, {"rows": chunk, "seq": seq})


def _piece(text: str, params: Mapping[str, Any]) -> Work:
    return lambda transaction: void(transaction.run(text, params))


def _chunks(found: Iterable[Row], first: Sequence[int] = ()) -> Iterator[list[Row]]:
    """Rows in statements of bounded size, the first ones smaller where asked."""
    sizes = chain(first, repeat(CHUNK))
    chunk: list[Row] = []
    most, size = next(sizes), 0
    for row in found:
        chunk.append(row)
        size += len(row[TEXT] or "")
        if len(chunk) == most or size > CHUNK_BYTES:
            yield chunk
            chunk, most, size = [], next(sizes), 0
    if chunk:
        yield chunk


def name(lanes: Lanes, dense: Dense, names: Sequence[Name]) -> None:
    """Make relationships from posts that are there: in both lanes by object, then what both would touch."""
    shared, assigned = Shared(dense), [lane_of(one.to) for one in names]
    for one, lane in zip(names, assigned, strict=True):
        shared.touch(("Post", one.post), lane)
        shared.touch((one.label, one.to), lane)
    shares: list[list[Name]] = [[], []]
    late: list[Name] = []
    for one, lane in zip(names, assigned, strict=True):
        waits = shared.waits(("Post", one.post)) or shared.waits((one.label, one.to))
        (late if waits else shares[lane]).append(one)
    lanes.run(*([*namings(share)] for share in shares))
    lanes.run([*namings(late)])


def namings(names: Sequence[Name]) -> Iterator[Work]:
    """Statements that make relationships from posts that are there."""
    sorts: dict[tuple[str, str], list[list[str]]] = {}
    for one in names:
        sorts.setdefault((one.type, one.label), []).append([one.post, one.to])
    for (kind, label), found in sorts.items():
        text = cypher("post_names", type=kind, label=label)
        for start in range(0, len(found), CHUNK):
            yield _piece(text, {"rows": found[start : start + CHUNK]})
