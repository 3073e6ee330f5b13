"""What is to go out: kept in the transaction that causes it, sent after, under a key that makes a repeat harmless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cases.audit import canonical
from cases.casebook import Casebook, Change
from cases.people import Actor
from cases.storage.schema import outbox
from graph.errors import DeliveryError

Send = Callable[[str, str, str], None]  # topic, idempotency key, payload (JSON)
_AT_ONCE = 100


def put(change: Change, topic: str, about: str, payload: Mapping[str, Any]) -> str:
    """Keep a message to be sent; gives its idempotency key. One of a topic about the same thing is kept once."""
    key = f"{topic}-{about}"
    if not change.rows(outbox, outbox.c.id == key):
        body = canonical({"topic": topic, "key": key, **payload})
        change.add("put", outbox, {"id": key, "topic": topic, "payload": body, "at": change.now, "tries": 0})
    return key


def deliver(book: Casebook, actor: Actor, send: Send) -> tuple[int, int]:
    """Send what waits, oldest first; gives how many went and how many did not.

    What fails stays with its error and goes with the next call; what crashes between sending and writing it down is
    sent again under the same key.
    """
    with book.database.reading() as connection:
        query = outbox.select().where(outbox.c.delivered_at.is_(None)).order_by(outbox.c.at, outbox.c.id)
        waiting = connection.execute(query.limit(_AT_ONCE)).mappings().all()
    failed = 0
    for row in waiting:
        error = ""
        try:
            send(row["topic"], row["id"], row["payload"])
        except DeliveryError as problem:
            error, failed = str(problem), failed + 1
        with book.change(actor) as change:
            done = {"tries": row["tries"] + 1, "error": error, "delivered_at": None if error else change.now}
            change.connection.execute(outbox.update().where(outbox.c.id == row["id"]).values(done))
            change.note("failed" if error else "deliver", "message", row["id"], {"error": error})
    return len(waiting) - failed, failed
