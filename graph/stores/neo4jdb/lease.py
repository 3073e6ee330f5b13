"""One writer at a time, also between processes and machines: a turn that its holder must renew.

A writer that dies leaves its turn; the next one waits until it runs out, and removes what the first had staged. One
that was only slow (a suspended laptop, a cut network) finds its turn gone: neither its lanes nor its commit write any
more. Times are the server's own.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from typing import Self

from graph.errors import StoreConflict, StoreError, StoreUnavailable
from graph.stores.neo4jdb.database import Database, Transaction, cypher
from graph.stores.neo4jdb.migrations import LANES

WAIT_S = 30.0
"""How long a writer waits for its turn."""
LASTS_S = 10.0
"""How long a turn lasts without being renewed."""
POLL_S = 0.05
"""How often a waiting writer asks."""


class Lease:
    """A writer's turn; entered when it is taken, left when it is given back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.token = uuid.uuid4().hex
        self.head = 0
        self.staging: int | None = None
        self.rejected = 0
        self.platforms: list[str] = []
        self._over = threading.Event()
        self._renewer: threading.Thread | None = None
        self._given = False

    def __enter__(self) -> Self:
        until = time.monotonic() + WAIT_S
        asked = {"token": self.token, "lasts": int(LASTS_S * 1000), "lanes": list(LANES)}
        while not (found := self._database.write(cypher("lease_take"), asked)):
            if time.monotonic() > until:
                raise StoreUnavailable(
                    "another writer is at work", where=self._database.address.url, hint="try again when it is done"
                )
            time.sleep(POLL_S)
        self.head, self.staging, self.rejected, self.platforms = found[0]
        self._renewer = threading.Thread(target=self._renew, name="lockstep-lease", daemon=True)
        self._renewer.start()
        return self

    def _renew(self) -> None:
        asked = {"token": self.token, "lasts": int(LASTS_S * 1000)}
        while not self._over.wait(LASTS_S / 3):
            with contextlib.suppress(StoreError):  # what cannot be renewed is noticed when it is used
                self._database.write(cypher("lease_renew"), asked)

    def hold(self, transaction: Transaction) -> None:
        """Make sure, until the transaction ends, that the turn is still ours.

        Raises
        ------
        StoreConflict
            It is not.
        """
        asked = {"token": self.token, "lasts": int(LASTS_S * 1000)}
        if not transaction.run(cypher("lease_renew"), asked):
            raise StoreConflict(
                "another writer has taken this one's turn",
                where=self._database.address.url,
                hint="run the load again: it goes on from its checkpoint",
            )

    def give(self, transaction: Transaction) -> None:
        """Give the turn back with this transaction."""
        transaction.run(cypher("lease_give"), {"token": self.token})

    def given(self) -> None:
        """Note that a transaction that gave the turn back was committed."""
        self._given = True

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        if self._renewer is not None:
            self._renewer.join()
        if not self._given:
            with contextlib.suppress(StoreError):  # it runs out by itself
                self._database.write(cypher("lease_give"), {"token": self.token})
