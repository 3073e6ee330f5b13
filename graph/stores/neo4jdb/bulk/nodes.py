"""The nodes that rows name: each once, with the commit that first named it, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.model import NodeType, host_of
from graph.schema import TABLES
from graph.stores.listing import UNDATED
from graph.stores.neo4jdb.bulk.files import Files
from graph.stores.neo4jdb.bulk.spool import Spool, by_range
from graph.stores.neo4jdb.model import KEY_BYTES, LABELS, indexed
from graph.stores.neo4jdb.nodes import folds
from graph.stores.relations import nodes_of

SHOWN: dict[str, pa.DataType] = {
    name: TABLES["accounts"].schema.field(name).type
    for name in ("handle", "created_at", "verified", "followers", "lang")
}
"""What an account's node shows of its newest observation."""
_OBJECTS = (("tickers", NodeType.TICKER), ("hashtags", NodeType.HASHTAG), ("links", NodeType.LINK))
_SCOPED = (NodeType.ACCOUNT, NodeType.POST)
_FOLDABLE = r"[A-Z]|[^\x00-\x7F]"  # a key without these is its own folded form
_NAMED = pa.schema([("key", pa.string()), ("since", pa.int64())])
_ACCOUNTS = pa.schema([*_NAMED, ("seen", pa.bool_()), ("observed_at", pa.int64()), *SHOWN.items()])
_POSTS = pa.schema([*_NAMED, ("row", pa.int64()), ("seq", pa.int64())])  # the last two: of the post's own row
_OLDER = pa.schema([("row", pa.int64()), ("since", pa.int64())])

Columns: TypeAlias = dict[str, pa.Array]


class Nodes:
    """Collects what rows name, and writes it.

    Parameters
    ----------
    files : Files
        Where nodes and the links' domains are written.
    folder : Path
        Where rows may be kept meanwhile.
    """

    def __init__(self, files: Files, folder: Path) -> None:
        self.platforms: set[str] = set()
        self._files = files
        self._folder = folder
        special = {NodeType.ACCOUNT: _ACCOUNTS, NodeType.POST: _POSTS}
        self._spools = {kind: Spool(folder / kind, special.get(kind, _NAMED)) for kind in NodeType}

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Take the nodes that rows name; the batch has the column ``seq`` as well, and ``row`` where it holds posts."""
        for seq, rows in _by_commit(batch):
            for kind, keys in _named(table, rows):
                self._name(kind, pc.unique(keys), pa.scalar(seq, pa.int64()))
        if table == "posts":
            own = [batch.column(name) for name in ("post", "seq", "row", "seq")]
            self._spools[NodeType.POST].add(pa.Table.from_arrays(own, schema=_POSTS))
        elif table == "accounts":
            seen = pa.array([True] * len(batch))
            at = batch.column("observed_at").cast(pa.int64()).fill_null(UNDATED)
            columns = [batch.column("account"), batch.column("seq"), seen, at, *(batch.column(name) for name in SHOWN)]
            self._spools[NodeType.ACCOUNT].add(pa.Table.from_arrays(columns, schema=_ACCOUNTS))

    def _name(self, kind: NodeType, keys: pa.Array, since: pa.Array) -> None:
        spool = self._spools[kind]
        count = len(keys)
        columns = [keys, pa.repeat(since, count) if isinstance(since, pa.Scalar) else since]
        columns += [pa.nulls(count, field.type) for field in list(spool.schema)[2:]]
        spool.add(pa.Table.from_arrays(columns, schema=spool.schema))

    def posts(self, rows: int) -> Older:
        """Write the posts that are only referred to; gives what is known of loaded ones, which have ``rows`` rows."""
        older = Spool(self._folder / "older", _OLDER, by_range(rows))
        for part in self._spools[NodeType.POST].parts():
            found = part.group_by("key", use_threads=False).aggregate(
                [("since", "min"), ("row", "max"), ("seq", "max")]
            )
            stub = pc.is_null(found["row_max"])
            self._write("Stub", NodeType.POST, "Post:Stub", found.filter(stub))
            loaded = found.filter(pc.invert(stub))
            self._see(NodeType.POST, loaded["key"])
            before = loaded.filter(pc.less(loaded["since_min"], loaded["seq_max"]))
            older.add(before.select(["row_max", "since_min"]).rename_columns(_OLDER.names))
        return Older(older)

    def write(self) -> None:
        """Write all nodes but posts."""
        for part in self._spools[NodeType.ACCOUNT].parts():
            self._accounts(part)
        for kind in (NodeType.LINK, *(k for k in NodeType if k not in {*_SCOPED, NodeType.LINK})):
            for part in self._spools[kind].parts():
                found = part.group_by("key", use_threads=False).aggregate([("since", "min")])
                self._write(LABELS[kind], kind, LABELS[kind], found)
                if kind == NodeType.LINK:
                    self._domains(found)

    def _accounts(self, part: pa.Table) -> None:
        found = part.group_by("key", use_threads=False).aggregate([("since", "min")])
        seen = part.filter(part["seen"])
        seen = seen.sort_by([("key", "ascending"), ("observed_at", "ascending")]).combine_chunks()
        if len(seen):
            keys = seen["key"].combine_chunks()
            last = pa.concat_arrays([pc.not_equal(keys[1:], keys[:-1]), pa.array([True])])
            seen = seen.filter(last)
        place = pc.index_in(found["key"], seen["key"].combine_chunks())
        shown = {name: seen[name].take(place) for name in SHOWN}
        self._write("Account", NodeType.ACCOUNT, "Account", found, shown)

    def _domains(self, links: pa.Table) -> None:
        hosts = pa.array([host_of(link) for link in links["key"].to_pylist()], pa.string())
        on = pc.is_valid(hosts)
        keys, hosts, since = links["key"].combine_chunks().filter(on), hosts.filter(on), links["since_min"].filter(on)
        if len(hosts):
            self._name(NodeType.DOMAIN, hosts, since.combine_chunks())
            ends = {"source": short(keys), "target": short(hosts)}
            columns = {":START_ID(Link)": "", ":END_ID(Domain)": "", "source": pa.string(), "target": pa.string()}
            rows = {":START_ID(Link)": ends["source"], ":END_ID(Domain)": ends["target"], **ends}
            self._files.relationships("ON.link.domain", "ON", columns, rows)

    def _write(
        self, name: str, kind: NodeType, labels: str, found: pa.Table, more: dict[str, pa.ChunkedArray] | None = None
    ) -> None:
        if len(found):
            self._see(kind, found["key"])
            rows: dict[str, Any] = {
                **names(kind, found["key"].combine_chunks()),
                "since": found["since_min"],
                **(more or {}),
            }
            columns = {**titles(kind), "since": pa.int64(), **(SHOWN if more else {})}
            self._files.nodes(name, labels, columns, rows)

    def _see(self, kind: NodeType, keys: pa.ChunkedArray) -> None:
        if kind in _SCOPED:
            scoped = keys.filter(pc.match_substring(keys, ":"))
            first = pc.list_element(pc.split_pattern(scoped, ":", max_splits=1), 0)
            self.platforms.update(pc.unique(first).to_pylist())


class Older:
    """Posts that were named before the commit of their row."""

    def __init__(self, spool: Spool) -> None:
        self._parts = spool.parts()
        self._known = _OLDER.empty_table()
        self._reached = 0

    def since(self, first: int, count: int) -> pa.Array:
        """Their ``since``, null for others, of the rows from ``first`` on; asked for in order."""
        while self._reached < first + count - 1:
            part = next(self._parts, None)
            if part is None:
                break
            self._known = pa.concat_tables([self._known, part]).sort_by("row")
            self._reached = self._known["row"][-1].as_py()
        rows = self._known["row"].to_numpy()
        start, end = np.searchsorted(rows, [first, first + count])
        mine = self._known.slice(start, end - start)
        self._known = self._known.slice(end)
        wanted = pa.array(np.arange(first, first + count))
        return mine["since"].combine_chunks().take(pc.index_in(wanted, mine["row"].combine_chunks()))


def names(kind: NodeType, keys: pa.Array) -> Columns:
    """The properties by which nodes are found; see :func:`titles`."""
    keys = keys.cast(pa.string())
    shorter = short(keys)
    full = pc.if_else(pc.equal(shorter, keys), pa.scalar(None, pa.string()), keys)
    found = {"key": shorter, "full": full, "folded": pa.nulls(len(keys), pa.string())}
    if kind in _SCOPED:
        found["folded_id"] = found["folded"]
    foldable = pc.match_substring_regex(keys, _FOLDABLE)
    if pc.any(foldable).as_py():
        pairs = [
            folds(kind, key) if maybe else (None, None)
            for key, maybe in zip(keys.to_pylist(), foldable.to_pylist(), strict=True)
        ]
        for name, values in zip(("folded", "folded_id"), zip(*pairs, strict=True), strict=True):
            if name in found:
                found[name] = pa.array(values, pa.string())
    return found


def titles(kind: NodeType) -> dict[str, pa.DataType | str]:
    """Header of the columns that :func:`names` gives."""
    scoped: dict[str, pa.DataType | str] = {"folded_id": pa.string()} if kind in _SCOPED else {}
    return {"key": f"ID({LABELS[kind]})", "full": pa.string(), "folded": pa.string(), **scoped}


def short(keys: pa.Array) -> pa.Array:
    """Keys as the database holds them; see :func:`graph.stores.neo4jdb.model.indexed`."""
    if (pc.max(pc.binary_length(keys)).as_py() or 0) <= KEY_BYTES:
        return keys
    return pa.array([key if key is None else indexed(key) for key in keys.to_pylist()], pa.string())


def _named(table: str, batch: pa.RecordBatch) -> Iterator[tuple[NodeType, pa.Array]]:
    if table != "posts":
        yield from nodes_of(table, batch)
        return
    yield NodeType.ACCOUNT, batch.column("account")
    yield NodeType.POST, pc.drop_null(batch.column("parent"))
    for name, kind in _OBJECTS:
        yield kind, pc.list_flatten(batch.column(name))


def _by_commit(batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The rows of each commit; they lie together."""
    seqs = batch.column("seq").to_numpy()
    bounds = [0, *(np.flatnonzero(np.diff(seqs)) + 1).tolist(), len(seqs)]
    for start, end in pairwise(bounds):
        if end > start:
            yield int(seqs[start]), batch.slice(start, end - start)
