"""The audit trail: append-only, each entry's hash over the one before, written in the transaction of the change itself.

A chain alone does not show that its newest entries were cut off; a head that was published elsewhere does
(:func:`head`, :func:`verify`). Sequence numbers have no gaps: they come from the chain, not from the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from cases.people import Actor
from cases.storage.schema import audit

GENESIS = "0" * 64
_BLOCK = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done, looked at or taken out."""

    action: str
    subject: str
    subject_id: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry, to be published where this casebook's owner cannot change it."""

    seq: int
    hash: str


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: the same value is always the same text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()


def sha256(text: str) -> str:
    """Hexadecimal SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def append(connection: Connection, actor: Actor, now: datetime, entries: Sequence[Entry]) -> None:
    """Write entries at the end of the chain; the caller holds the turn (``Database.take_turn``)."""
    rows, _ = chained(head(connection), actor, now, entries)
    connection.execute(insert(audit), rows)


def chained(last: Head, actor: Actor, now: datetime, entries: Iterable[Entry]) -> tuple[list[dict[str, Any]], Head]:
    """Rows that follow a head, and the head after them."""
    rows = []
    for entry in entries:
        row = {
            "seq": last.seq + 1,
            "at": now,
            "actor": actor.name,
            "kind": actor.kind.value,
            "action": entry.action,
            "subject": entry.subject,
            "subject_id": entry.subject_id,
            "detail": canonical(entry.detail),
            "prev": last.hash,
        }
        last = Head(last.seq + 1, _hash(row))
        rows.append({**row, "hash": last.hash})
    return rows, last


def head(connection: Connection) -> Head:
    """The newest entry; of an empty trail, number 0."""
    row = connection.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    return Head(0, GENESIS) if row is None else Head(row.seq, row.hash)


def verify(connection: Connection, published: Iterable[Head] = ()) -> list[str]:
    """What is wrong with the trail, in words; nothing where it is whole.

    Parameters
    ----------
    published : iterable of Head
        Heads that were kept elsewhere. Without any, entries cut off at the end are not seen.
    """
    expected = {h.seq: h.hash for h in published}
    found: list[str] = []
    last = Head(0, GENESIS)
    while rows := connection.execute(
        select(audit).where(audit.c.seq > last.seq).order_by(audit.c.seq).limit(_BLOCK)
    ).all():
        for row in rows:
            found += _wrong(row._asdict(), last)
            if expected.pop(row.seq, row.hash) != row.hash:
                found.append(f"entry {row.seq} is not the one that was published")
            last = Head(row.seq, row.hash)
    missing = sorted(seq for seq in expected if seq > 0)
    found += [f"entry {seq} was published and is gone" for seq in missing]
    return found


def _wrong(row: dict[str, Any], last: Head) -> list[str]:
    seq = row["seq"]
    found = []
    if seq != last.seq + 1:
        found.append(f"entries {last.seq + 1} to {seq - 1} are gone")
    if row["prev"] != last.hash:
        found.append(f"entry {seq} does not follow the one before it")
    if row["hash"] != _hash(row):
        found.append(f"entry {seq} was changed")
    return found


def _hash(row: Mapping[str, Any]) -> str:
    told = {k: v for k, v in row.items() if k not in {"at", "hash"}}
    return sha256(canonical({**told, "at": row["at"].isoformat(timespec="microseconds")}))
