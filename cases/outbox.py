"""What is to go out: kept in the transaction that causes it, sent after, under a key that makes a repeat harmless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import RowMapping

from cases.audit import canonical
from cases.casebook import Casebook, Change
from cases.people import Actor
from cases.storage.schema import outbox
from graph.errors import DeliveryError

Send = Callable[[str, str, str], None]  # topic, idempotency key, payload (JSON)
_IN_VAIN = 5  # failures in a row after which the receiver is left alone until the next call


class MessageRefused(DeliveryError):
    """A message was refused for good; the next one may pass."""


def put(change: Change, topic: str, about: str, payload: Mapping[str, Any]) -> str:
    """Keep a message to be sent; gives its idempotency key. One of a topic about the same thing is kept once."""
    key = f"{topic}-{about}"
    if not change.rows(outbox, outbox.c.id == key):
        body = canonical({"topic": topic, "key": key, **payload})
        change.add("put", outbox, {"id": key, "topic": topic, "payload": body, "at": change.now, "tries": 0})
    return key


def deliver(book: Casebook, actor: Actor, send: Send) -> tuple[int, int]:
    """Send what waits, oldest first; gives how many went and how many are left.

    What fails stays with its error and goes with the next call, and until it went nothing later about the same action
    or measure is sent: a reversal never overtakes what it reverses. What crashes between sending and writing it down
    is sent again under the same key.
    """
    due = waiting(book)
    sent = in_vain = 0
    stuck: set[str] = set()
    for row in due:
        about = row["id"].partition("-")[2]
        if about in stuck:
            continue
        error = _try(send, row)
        sent, in_vain = (sent, in_vain + 1) if error else (sent + 1, 0)
        if error:
            stuck.add(about)
        with book.change(actor) as change:
            done = {"tries": row["tries"] + 1, "error": str(error or ""), "delivered_at": None if error else change.now}
            change.connection.execute(outbox.update().where(outbox.c.id == row["id"]).values(done))
            change.note("failed" if error else "deliver", "message", row["id"], {"error": str(error or "")})
        if isinstance(error, MessageRefused):
            in_vain = 0
        elif in_vain >= _IN_VAIN:
            break
    return sent, len(due) - sent


def waiting(book: Casebook) -> list[RowMapping]:
    """What has not gone out yet, oldest first."""
    with book.database.reading() as connection:
        query = outbox.select().where(outbox.c.delivered_at.is_(None)).order_by(outbox.c.at, outbox.c.id)
        return list(connection.execute(query).mappings())


def _try(send: Send, row: RowMapping) -> DeliveryError | None:
    try:
        send(row["topic"], row["id"], row["payload"])
    except DeliveryError as problem:
        return problem
    return None
