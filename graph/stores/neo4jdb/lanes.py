"""Writing in parallel where it cannot deadlock.

A transaction that makes a relationship locks both ends until it is committed. Two lanes write at once, so nodes are
shared out: a node that only one open transaction touches cannot be waited for, and a node with many relationships
(dense) is not locked as a whole by Neo4j. A relationship of any other node that both would touch is written afterwards.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from graph.errors import StoreConflict
from graph.stores.neo4jdb.database import Database, Transaction, cypher
from graph.stores.neo4jdb.migrations import LANES
from graph.stores.neo4jdb.nodes import Work

DENSE = 64
"""Relationships from which a node counts as dense (Neo4j's own threshold is 50)."""
COUNTED = 200_000
"""Nodes whose relationships are counted, at most."""

Node = tuple[str, str]
"""Label and key."""


class Dense:
    """Nodes to which this program has added so many relationships that they are dense."""

    def __init__(self) -> None:
        self._counts: Counter[Node] = Counter()

    def __contains__(self, node: Node) -> bool:
        return self._counts[node] >= DENSE

    def add(self, nodes: Iterable[Node]) -> None:
        """Count one committed relationship each."""
        self._counts.update(nodes)
        if len(self._counts) > COUNTED:
            self._counts = Counter({node: n for node, n in self._counts.items() if n >= DENSE})

    def clear(self) -> None:
        """Forget everything."""
        self._counts.clear()


def lane_of(key: str) -> int:
    """The lane that a key is shared out to, the same as long as the program runs."""
    return hash(key) % len(LANES)


class Shared:
    """Which lanes touch a node; those touched by both and not dense must wait."""

    def __init__(self, dense: Dense) -> None:
        self._dense = dense
        self._lanes: dict[Node, int] = {}

    def touch(self, node: Node, lane: int) -> None:
        """Note that a lane makes a relationship of the node."""
        self._lanes[node] = self._lanes.get(node, 0) | (1 << lane)

    def waits(self, node: Node) -> bool:
        """Whether relationships of the node are left for later."""
        return self._lanes[node].bit_count() > 1 and node not in self._dense


class Open:
    """Which nodes the lanes' open transactions touch."""

    def __init__(self, dense: Dense) -> None:
        self._dense = dense
        self._nodes: list[set[Node]] = [set() for _ in LANES]
        self._lock = threading.Lock()

    def take(self, lane: int, nodes: set[Node]) -> set[Node]:
        """Take nodes for a transaction of the lane; returned are those that must wait: another's and not dense."""
        with self._lock:
            others = (mine for i, mine in enumerate(self._nodes) if i != lane)
            waits = {node for other in others for node in nodes & other if node not in self._dense}
            self._nodes[lane] = nodes - waits
        return waits

    def committed(self, lane: int, made: Iterable[Node]) -> None:
        """Let go of a lane's nodes, and count what it has added to them: one relationship each."""
        with self._lock:
            self._nodes[lane] = set()
            self._dense.add(made)


class Lanes:
    """Runs work of one writer in its lanes, as long as it has its turn.

    Parameters
    ----------
    token : str
        The writer's turn: a lane whose node names another one writes nothing.
    """

    def __init__(self, database: Database, token: str) -> None:
        self._database = database
        self._token = token
        self._pool: ThreadPoolExecutor | None = None
        self._stop = threading.Event()

    def run(self, *lanes: Iterable[Work]) -> None:
        """Run each lane's work in order, each piece in a transaction of its own; the lanes at the same time.

        A generator is gone on with when the transaction of what it gave last is committed.
        """
        busy = [(i, work) for i, work in enumerate(lanes) if work]
        if len(busy) < 2:
            for i, work in busy:
                self._lane(i, work)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(len(LANES), thread_name_prefix="lockstep-lane")
        futures = [self._pool.submit(self._lane, i, work) for i, work in busy]
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            raise errors[0]

    def spread(self, work: Iterable[Work]) -> None:
        """Run pieces that may run in any order and at the same time."""
        pieces = list(work)
        self.run(*(pieces[i :: len(LANES)] for i in range(len(LANES))))

    def _lane(self, number: int, work: Iterable[Work]) -> None:
        try:
            for piece in work:
                if self._stop.is_set():
                    return
                self._database.writing(self._held(number, piece))
        except BaseException:
            self._stop.set()  # the other lane's work is in vain
            raise

    def _held(self, number: int, piece: Work) -> Callable[[Transaction], None]:
        def work(transaction: Transaction) -> None:
            if not transaction.run(cypher("lane"), {"lane": LANES[number], "token": self._token}):
                raise StoreConflict(
                    "another writer has taken this one's turn",
                    where=self._database.address.url,
                    hint="run the load again: it goes on from its checkpoint",
                )
            piece(transaction)

        return work

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
