"""The chain of custody of a case: who held what, when, where and why, each record's hash over the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import insert, select

from cases.audit import GENESIS, canonical, sha256
from cases.casebook import Change, Look, new_id
from cases.storage.evidence import custody
from cases.storage.schema import audit, cases


class Event(StrEnum):
    """What happened to an item."""

    COLLECTED = "collected"
    ACCESSED = "accessed"
    TRANSFERRED = "transferred"
    EXPORTED = "exported"
    VERIFIED = "verified"


def record(change: Change, case_id: str, item: str, event: Event, *, where: str, why: str) -> int:
    """Write down that something happened to an item of a case; gives the record's number within the case.

    Parameters
    ----------
    item : str
        Hash of a snapshot, an export or a package.
    where : str
        Where it was taken from, or who was given it.
    why : str
    """
    # one after the other, as numbers follow each other; SQLite has one writer anyway
    change.connection.execute(select(cases.c.id).where(cases.c.id == case_id).with_for_update())
    query = select(custody.c.seq, custody.c.hash).where(custody.c.case_id == case_id)
    last = change.connection.execute(query.order_by(custody.c.seq.desc()).limit(1)).first()
    row: dict[str, Any] = {
        "id": new_id(),
        "case_id": case_id,
        "seq": 1 if last is None else last.seq + 1,
        "item": item,
        "event": event.value,
        "who": change.actor.name,
        "at": change.now,
        "place": where,
        "why": why,
        "prev": GENESIS if last is None else last.hash,
    }
    row["hash"] = digest(row)
    change.connection.execute(insert(custody).values(row))
    change.note(event.value, "custody", row["id"], plain(row))
    return int(row["seq"])


def digest(row: Mapping[str, Any]) -> str:
    """The hash of a record: over all that it says and the hash before it."""
    told = {k: v for k, v in plain(row).items() if k != "hash"}
    return sha256(canonical(told))


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record as JSON holds it."""
    at = row["at"]
    return {**row, "at": at if isinstance(at, str) else at.isoformat(timespec="microseconds")}


def wrong(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is wrong with a case's records, in words; nothing where the chain holds."""
    found = []
    seq, last = 0, GENESIS
    for row in rows:
        if row["seq"] != seq + 1:
            found.append(f"custody records {seq + 1} to {row['seq'] - 1} are gone")
        if row["prev"] != last:
            found.append(f"custody record {row['seq']} does not follow the one before it")
        if row["hash"] != digest(row):
            found.append(f"custody record {row['seq']} was changed")
        seq, last = row["seq"], row["hash"]
    return found


def check(look: Look, case_id: str) -> list[str]:
    """What is wrong with a case's records, held against the audit trail too, which knows how many there were.

    The caller has looked at who may know of the case.
    """
    rows = look.rows(custody, custody.c.case_id == case_id, order=custody.c.seq)
    told = orjson.dumps({"case_id": case_id}).decode()[1:-1]
    query = select(audit.c.detail).where(
        audit.c.subject == custody.name, audit.c.detail.contains(told, autoescape=True)
    )
    written = {d["id"]: d for d in map(orjson.loads, look.connection.execute(query.order_by(audit.c.seq)).scalars())}
    found = wrong([dict(row) for row in rows])
    for row in rows:
        noted = written.pop(row["id"], None)
        if noted is None or noted["hash"] != row["hash"]:
            found.append(f"custody record {row['seq']} is not the one that the audit trail has")
    return found + [f"custody record {noted['seq']} is in the audit trail and gone" for noted in written.values()]
