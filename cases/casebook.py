"""The casebook: where alerts, cases, decisions and appeals are kept, and every change is written down as it is made."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, and_, insert, select, update

from cases import audit
from cases.escalation.office import Office, default
from cases.machine import BACK, Machine, reason_of
from cases.people import Actor
from cases.storage.columns import one
from cases.storage.database import Database
from graph.errors import CaseError, StaleCase

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # none that is taken for another


def new_id() -> str:
    """A random name of twelve letters and digits (59 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass
class Casebook:
    """An open casebook.

    Parameters
    ----------
    database : Database
    clock : callable
        What says the time; tests have their own.
    office : Office
        What the organisation has set: targets, calendars, desks, contacts.
    """

    database: Database
    clock: Callable[[], datetime] = utc_now
    office: Office = field(default_factory=default)

    @contextmanager
    def change(self, actor: Actor) -> Iterator[Change]:
        """One transaction by one actor: all of it is kept, with its entries in the audit trail, or nothing."""
        with self.database.writing() as connection:
            change = Change(connection, actor, self.clock(), self.office)
            yield change
            if not change.entries:
                raise CaseError("nothing was done", hint="a change writes down what it changes")
            self.database.take_turn(connection)
            audit.append(connection, actor, change.now, change.entries)

    @contextmanager
    def look(self, actor: Actor, subject: str, subject_id: str = "", **detail: Any) -> Iterator[Look]:
        """One state of the casebook to read; that it was read is in the audit trail before anything is given out."""
        with self.change(actor) as change:
            change.note("read", subject, subject_id, detail)
        with self.database.reading() as connection:
            yield Look(connection, actor, self.clock(), self.office)

    def close(self) -> None:
        """Give the database back."""
        self.database.close()


@dataclass
class Look:
    """What a reader works with."""

    connection: Connection
    actor: Actor
    now: datetime
    office: Office = field(default_factory=default)

    def row(self, table: Table, key: str) -> RowMapping:
        """The row of this id.

        Raises
        ------
        CaseError
            There is none.
        """
        found = self.connection.execute(select(table).where(table.c.id == key)).mappings().first()
        if found is None:
            raise CaseError(f"no {one(table)} {key!r}", hint="check the id")
        return found

    def rows(self, table: Table, *where: ColumnElement[bool], order: Any = None) -> list[RowMapping]:
        """Rows that meet all conditions."""
        query = select(table).where(and_(True, *where))  # noqa: FBT003 - SQL's own word for no condition
        return list(self.connection.execute(query if order is None else query.order_by(order)).mappings())


@dataclass
class Change(Look):
    """What a writer works with: each write goes through it and leaves its entry."""

    entries: list[audit.Entry] = field(default_factory=list)

    def note(self, action: str, subject: str, subject_id: str, detail: Mapping[str, Any]) -> None:
        """Put an entry into the audit trail."""
        self.entries.append(audit.Entry(action, subject, subject_id, detail))

    def add(self, action: str, table: Table, values: Mapping[str, Any]) -> str:
        """Add a row; gives its id."""
        row = dict(values)
        if "id" in table.c:
            row.setdefault("id", new_id())
        if "version" in table.c:
            row["version"] = 1
        self.connection.execute(insert(table).values(row))
        self.note(action, one(table), str(row.get("id", row.get("case_id"))), _plain(row))
        return str(row.get("id", ""))

    def alter(self, action: str, table: Table, row: RowMapping, values: Mapping[str, Any], why: str = "") -> None:
        """Change a row as it was read.

        Raises
        ------
        StaleCase
            Somebody changed it since.
        """
        new = {**values, "version": row["version"] + 1}
        if "updated_at" in table.c:
            new["updated_at"] = self.now
        same = and_(table.c.id == row["id"], table.c.version == row["version"])
        if self.connection.execute(update(table).where(same).values(new)).rowcount != 1:
            raise StaleCase(f"{one(table)} {row['id']} changed since it was read", hint="look at it again")
        told = {"was": {k: row[k] for k in values}, "is": dict(values), "version": new["version"]}
        self.note(action, one(table), row["id"], _plain(told) | ({"why": why} if why else {}))

    def step(self, machine: Machine, table: Table, row: RowMapping, name: str, *, why: str = "", **values: Any) -> None:
        """Make a move of a state machine, with its permission and its reason; other columns change with it.

        Raises
        ------
        IllegalTransition
            The machine has no such move from the row's state.
        NotPermitted
            The actor may not make it.
        CaseError
            It needs a reason.
        StaleCase
            The row changed since it was read.
        """
        where = f"{one(table)} {row['id']}"
        move = machine.move(row["state"], name, where)
        if move.needs is not None:
            self.actor.need(move.needs, where)
        written = reason_of(move, why, where)
        new = {"state": str(move.target or row["resume"]), **values}
        if move.detour:
            new["resume"] = row["state"]
        if move.target == BACK:
            new["resume"] = ""
        self.alter(name, table, row, new, written)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON can hold it; times as texts."""
    return {k: _value(v) for k, v in values.items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(v) for v in value]
    return value
