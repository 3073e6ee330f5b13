"""One write transaction over several of the server's: what it writes is staged beyond the newest commit and published.

New rows change nothing that a reader sees, since their numbers are higher than those of the newest commit: they are
written in parallel, in pieces of bounded size. Whatever changes or ends something that is there, and the commit
itself, is one transaction of the server: before it nothing of the commit is seen, after it all. What a dead writer has
staged is removed by the next one. Small commits are that one transaction alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self

import orjson
import pyarrow as pa

from graph.errors import StoreError, StoreUnavailable, Transient
from graph.findings import Finding, Run, to_json
from graph.model import NodeType, Rejected
from graph.schema import TABLES, Table, check
from graph.store import Written
from graph.stores.neo4jdb import acts, posts, tables, undo
from graph.stores.neo4jdb.codec import moment, parts
from graph.stores.neo4jdb.commits import commit
from graph.stores.neo4jdb.database import Database, Transaction, cypher
from graph.stores.neo4jdb.lanes import Dense, Lanes
from graph.stores.neo4jdb.lease import WAIT_S, Lease
from graph.stores.neo4jdb.model import ROWS, TABLE_ORDER, indexed
from graph.stores.neo4jdb.nodes import Known, Work, hosts, makers, named, platforms
from graph.stores.neo4jdb.pending import Found, Kept, Pending

SMALL = 1_000
"""Rows up to which a commit is one transaction of the server."""
LOOK = 5_000
"""Ids looked up by one statement."""
ENDED = 500
"""Posts ended by one statement."""


@dataclass
class Memory:
    """What a store remembers between its transactions; forgotten when one fails."""

    known: Known = field(default_factory=Known)
    dense: Dense = field(default_factory=Dense)
    turn: threading.Lock = field(default_factory=threading.Lock)  # writers of one process take turns without asking

    def clear(self) -> None:
        """Forget."""
        self.known.clear()
        self.dense.clear()


class Together(Lanes):
    """Lanes of a commit that is one transaction: work is done there and then."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def run(self, *lanes: Iterable[Work]) -> None:
        """Run the work of each lane in turn."""
        for piece in itertools.chain(*lanes):
            piece(self._transaction)

    def spread(self, work: Iterable[Work]) -> None:
        """Run the pieces."""
        self.run(list(work))

    def close(self) -> None:
        """Nothing to end."""


@dataclass
class _Numbered:
    """Rows of one table with the numbers they are given."""

    table: str
    kept: Kept
    numbers: list[int]

    def prepared(self) -> list[posts.Row]:
        """The rows of posts as the server takes them."""
        return posts.rows(self.kept.batch, self.numbers)

    def blocks(self, stubs: AbstractSet[str]) -> Iterator[Callable[[], posts.Block]]:
        """What prepares the rows of posts, some at a time."""
        for start in range(0, len(self.numbers), posts.BLOCK):
            numbers = self.numbers[start : start + posts.BLOCK]
            yield partial(posts.shared_out, self.kept.batch.slice(start, len(numbers)), numbers, stubs)

    def makings(self, seq: int) -> Iterator[Work]:
        """Statements that make the rows of any other table."""
        return tables.makings(self.table, self.kept, self.numbers, seq)

    def some(self, chosen: Callable[[str], bool]) -> _Numbered | None:
        """Those whose id is chosen."""
        places = [i for i, name in enumerate(self.kept.ids) if chosen(name)]
        if len(places) == len(self.kept.ids):
            return self
        if not places:
            return None
        kept = Kept(
            self.kept.batch.take(pa.array(places, pa.int64())),
            [self.kept.ids[i] for i in places],
        )
        return _Numbered(self.table, kept, [self.numbers[i] for i in places])


@dataclass(frozen=True)
class _State:
    """What a commit says of the graph; without a time it is none (only the quarantine changed)."""

    seq: int
    rows: list[int]
    counts: list[int]
    recorded_at: tuple[int, int] | None


class Neo4jWriter:
    """One transaction (see :class:`graph.store.Writer`)."""

    def __init__(
        self, database: Callable[[], Database], memory: Memory, where: str, recorded_at: datetime | None = None
    ) -> None:
        self._open = database
        self._memory = memory
        self._where = where
        self._recorded_at = recorded_at
        self._stack: ExitStack | None = None
        self._pending: dict[str, Pending] = {}
        self._checkpoints: dict[str, str] = {}
        self._rejects: list[Rejected] = []
        self._releases: list[int] = []
        self._runs: list[tuple[Run, Sequence[Finding]]] = []
        self._unobserved: list[str] = []  # accounts of which an observation was deleted
        self._platforms: set[str] = set()

    # what the transaction is told

    def write(self, table: str, batch: pa.RecordBatch) -> Written:
        """Add rows of a table."""
        self._active()
        declared = check(table, batch)
        return self._of(table, declared).write(batch)

    def delete(self, table: str, keys: pa.RecordBatch) -> int:
        """Put tombstones on rows."""
        self._active()
        declared = TABLES.get(table)
        if declared is None:
            raise ValueError(f"no table {table!r}")
        if set(keys.schema.names) != set(declared.key):
            named_by = ", ".join(keys.schema.names)
            raise ValueError(f"{table}: rows are named by {', '.join(declared.key)}, not {named_by}")
        if table == "accounts":
            self._unobserved += keys.column("account").to_pylist()
        return self._of(table, declared).delete(keys)

    def checkpoint(self, name: str, state: Mapping[str, Any]) -> None:
        """Remember how far a load has come."""
        self._active()
        self._checkpoints[name] = orjson.dumps(dict(state)).decode()

    def reject(self, rows: Sequence[Rejected]) -> None:
        """Put rows in the quarantine, each once."""
        self._active()
        self._rejects += rows

    def release(self, ids: Sequence[int]) -> None:
        """Take rows out of the quarantine."""
        self._active()
        self._releases += ids

    def add_run(self, run: Run, findings: Sequence[Finding] = ()) -> None:
        """Append a run and its findings."""
        self._active()
        self._runs.append((run, findings))

    def _of(self, table: str, declared: Table) -> Pending:
        if table not in TABLES:
            raise ValueError(f"{table}: market data is kept in files, see graph.market")
        if table not in self._pending:
            self._pending[table] = Pending(declared, lambda ids: self._look(table, ids))
        return self._pending[table]

    def _look(self, table: str, ids: Sequence[str]) -> dict[str, Found]:
        """What the database has under these ids."""
        if self._base.rows[table] == 0 and (table != "posts" or self._base.seq == 0):
            return {}
        statement = cypher("post_find") if table == "posts" else cypher("row_find", label=ROWS[table])
        found: dict[str, Found] = {}
        pieces = [ids[start : start + LOOK] for start in range(0, len(ids), LOOK)]
        for piece, rows in zip(pieces, self._database.read_many(statement, [{"ids": p} for p in pieces]), strict=True):
            places, digests, numbers = rows[0]
            for place, digest, number in zip(places, digests, numbers, strict=True):
                found[piece[place]] = Found(digest, number or None)
        return found

    # its beginning and its end

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if not self._memory.turn.acquire(timeout=WAIT_S):
                raise StoreUnavailable("another writer is at work", where=self._where, hint="try again when it is done")
            stack.callback(self._memory.turn.release)
            self._database = self._open()
            self._lease = stack.enter_context(Lease(self._database))
            self._base = commit(self._database, self._lease.head)
            if self._lease.staging is not None:
                self._memory.clear()
                undo.unpublished(self._database, self._lease, self._base)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        stack, self._stack = self._stack, None
        if stack is None:
            return
        with stack:
            if exc[0] is None:
                try:
                    self._finish()
                except BaseException:
                    self._memory.clear()
                    raise

    def _active(self) -> None:
        if self._stack is None:
            raise StoreError("no transaction is open", where=self._where, hint="write inside `with store.writer()`")

    def _finish(self) -> None:
        changes = any(p.entries or p.ended for p in self._pending.values())
        makes = bool(changes or self._checkpoints or self._runs)
        if not (makes or self._rejects or self._releases):
            return
        seq = self._base.seq + makes
        self._platforms = set(self._lease.platforms)
        numbered, rows, counts = self._numbered()
        size = sum(len(n.numbers) for n in numbered)
        staged = size > SMALL
        if staged:
            self._stage(numbered, seq)
        state = _State(seq, rows, counts, self._recorded() if makes else None)

        def work(transaction: Transaction) -> None:
            self._lease.hold(transaction)
            if not staged:
                self._additions(Together(transaction), numbered, seq)
            self._changes(transaction, numbered, seq)
            self._records(transaction, seq)
            if state.recorded_at is not None:
                self._publish(transaction, state)
            self._lease.give(transaction)

        try:
            self._database.writing(work)
        except StoreError as error:
            if not (isinstance(error, Transient) and makes and self._kept(seq)):
                if staged:
                    self._take_back()
                raise
        self._lease.given()

    def _numbered(self) -> tuple[list[_Numbered], list[int], list[int]]:
        """The rows to be written with their numbers, and the row numbers and counts of all tables after this commit."""
        numbered = []
        rows, counts = dict(self._base.rows), dict(self._base.counts)
        for name, pending in self._pending.items():
            for kept in pending.kept():
                first = rows[name] + 1
                rows[name] += len(kept.ids)
                numbered.append(_Numbered(name, kept, list(range(first, first + len(kept.ids)))))
            counts[name] += len(pending.entries) - len(pending.ended)
        return numbered, [rows[t] for t in TABLE_ORDER], [counts[t] for t in TABLE_ORDER]

    def _recorded(self) -> tuple[int, int]:
        now = datetime.now(UTC) if self._recorded_at is None else self._recorded_at
        return parts(max(now, moment(self._base.recorded_at)))

    def _kept(self, seq: int) -> bool:
        """Whether the commit is there although its acknowledgement was lost."""
        with contextlib.suppress(StoreError):
            return bool(self._database.value(cypher("commit_by"), {"seq": seq}) == self._lease.token)
        return False

    # what it does to the database

    def _stage(self, numbered: Sequence[_Numbered], seq: int) -> None:
        """Write what is new, beyond the newest commit."""
        lanes = Lanes(self._database, self._lease.token)
        try:

            def begin(transaction: Transaction) -> None:
                self._lease.hold(transaction)
                transaction.run(cypher("stage"), {"seq": seq})

            self._database.writing(begin)
            self._additions(lanes, numbered, seq)
        except BaseException:
            lanes.close()
            self._take_back()
            raise
        lanes.close()

    def _take_back(self) -> None:
        """Remove what was staged; where that fails too, the next writer does it."""
        with contextlib.suppress(StoreError):
            undo.unpublished(self._database, self._lease, self._base)

    def _additions(self, lanes: Lanes, numbered: Sequence[_Numbered], seq: int) -> None:
        """Nodes, rows and relationships that are new; posts come first, since the others may name them."""
        fresh = [part for part in map(self._fresh, numbered) if part is not None]
        stubs = self._pending["posts"].stubs if "posts" in self._pending else set()
        work = [prepare for part in fresh if part.table == "posts" for prepare in part.blocks(stubs)]
        with ThreadPoolExecutor(1) as beside:  # rows are prepared while the server writes
            blocks = [beside.submit(prepare).result for prepare in work]
            self._nodes(lanes, numbered, seq)
            posts.write(lanes, self._memory.dense, blocks, seq)
        fills = [row for block in blocks for row in block().fills]
        lanes.run([*posts.pieces("post_fill", fills, seq), *posts.namings(posts.parents(fills))])
        for part in fresh:
            if part.table != "posts":
                lanes.spread(part.makings(seq))
                acts.write(lanes, self._memory.dense, acts.of(part.table, part.kept.batch, part.numbers))

    def _fresh(self, part: _Numbered) -> _Numbered | None:
        """The part's rows that replace none."""
        ended = self._pending[part.table].ended
        return part.some(lambda name: name not in ended) if ended else part

    def _nodes(self, lanes: Lanes, numbered: Sequence[_Numbered], seq: int) -> None:
        """Make nodes that are named and missing; new posts make their own."""
        wanted: dict[NodeType, set[str]] = {}
        for part in numbered:
            for kind, keys in named(part.table, part.kept.batch):
                wanted.setdefault(kind, set()).update(keys)
        missing = {kind: self._memory.known.missing(kind, keys) for kind, keys in wanted.items()}
        for kind in (NodeType.ACCOUNT, NodeType.POST):
            self._platforms |= platforms(missing.get(kind, ()))
        own = self._pending["posts"].entries if "posts" in self._pending else {}
        others = missing.get(NodeType.POST, set()) - own.keys()
        missing[NodeType.POST] = {key for key in others if indexed(key) not in own}
        missing[NodeType.DOMAIN] = missing.get(NodeType.DOMAIN, set()) | hosts(missing.get(NodeType.LINK, ()))
        lanes.spread(w for kind in NodeType if kind != NodeType.LINK for w in makers(kind, missing.get(kind, ()), seq))
        lanes.run([*makers(NodeType.LINK, missing.get(NodeType.LINK, ()), seq)])
        for kind, names in wanted.items():
            self._memory.known.add(kind, names)

    def _changes(self, transaction: Transaction, numbered: Sequence[_Numbered], seq: int) -> None:
        """What changes or ends rows that are there."""
        lanes = Together(transaction)
        for table, pending in self._pending.items():
            if table == "posts":
                _end_posts(transaction, pending, seq)
            elif pending.ended:
                names = list(pending.ended)
                old, numbers, since = tables.read(transaction, table, names)
                lanes.run([*acts.endings(acts.of(table, old, numbers), since, seq)])
                tables.end(transaction, table, names, seq)
        for part in numbered:
            ended = self._pending[part.table].ended
            again = part.some(ended.__contains__) if ended else None
            if again is None:
                continue
            if part.table == "posts":
                rows = again.prepared()
                lanes.run([*posts.pieces("post_fill", rows, seq), *posts.namings(posts.parents(rows))])
            else:
                lanes.run([*again.makings(seq)])
                lanes.run([*acts.makings(acts.of(part.table, again.kept.batch, again.numbers))])
        if "accounts" in self._pending:
            observed = [part.kept.batch for part in numbered if part.table == "accounts"]
            tables.show_accounts(transaction, observed, self._unobserved)

    def _records(self, transaction: Transaction, seq: int) -> None:
        """Runs, findings, checkpoints and the quarantine."""
        for place, (run, findings) in enumerate(self._runs):
            params = {"id": run.id, "seq": seq, "place": place, "body": to_json(run)}
            transaction.run(cypher("run_put"), params)
            transaction.run(cypher("finding_put"), {"rows": [_record(f, seq) for f in findings]})
        if self._checkpoints:
            rows = [list(pair) for pair in self._checkpoints.items()]
            transaction.run(cypher("checkpoint_put"), {"rows": rows, "seq": seq})
        if self._rejects:
            last = self._lease.rejected
            values = [_rejected(row, last + i) for i, row in enumerate(self._rejects, start=1)]
            transaction.run(cypher("rejected_put"), {"rows": values})
            transaction.run(cypher("rejected_next"), {"last": last + len(values)})
        if self._releases:
            transaction.run(cypher("rejected_release"), {"ids": self._releases})

    def _publish(self, transaction: Transaction, state: _State) -> None:
        transaction.run(
            cypher("publish"),
            {
                "seq": state.seq,
                "rows": state.rows,
                "counts": state.counts,
                "at": list(state.recorded_at or ()),
                "token": self._lease.token,
                "platforms": sorted(self._platforms),
            },
        )


def _end_posts(transaction: Transaction, pending: Pending, seq: int) -> None:
    names, deleted = list(pending.ended), pending.deleted
    for start in range(0, len(names), ENDED):
        transaction.run(cypher("post_end"), {"ids": names[start : start + ENDED], "seq": seq})
    if deleted:
        transaction.run(cypher("post_strip"), {"ids": deleted})


def _record(finding: Finding, seq: int) -> dict[str, Any]:
    return {
        "id": finding.id,
        "seq": seq,
        "kind": finding.kind,
        "detector": finding.detector,
        "run": finding.run_id,
        "supersedes": finding.supersedes,
        "body": to_json(finding),
    }


def _rejected(row: Rejected, number: int) -> list[Any]:
    values = {f.name: getattr(row, f.name) for f in fields(row) if f.name != "id"}
    key = orjson.dumps([row.source, row.line, row.raw])
    return [hashlib.blake2b(key, digest_size=16).hexdigest(), number, values]
