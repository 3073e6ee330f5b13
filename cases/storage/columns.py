"""What the casebook's tables are made of.

Times are UTC with microseconds. Ids are random, so that nobody counts cases they may not know of. ``version`` grows
with each change of a row, and a change names the one it was made for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    TypeDecorator,
    literal,
    tuple_,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A time with its zone: kept as UTC, given back as UTC, whatever the database does with zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC; without its mark where the database has none."""
        if value is None:
            return None
        kept = value.astimezone(UTC)
        return kept.replace(tzinfo=None) if dialect.name == "sqlite" else kept

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC, marked as such."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def key(length: int = 40) -> Column[str]:
    """Id of a row."""
    return Column("id", String(length), primary_key=True)


def version() -> Column[int]:
    """How often a row changed."""
    return Column("version", Integer, nullable=False)


def at(name: str, *, optional: bool = False) -> Column[Any]:
    """A time."""
    return Column(name, Moment, nullable=optional)


def words(name: str, length: int = 40) -> Column[str]:
    """A short text, empty where nothing is said."""
    return Column(name, String(length), nullable=False, server_default="")


def of(table: str, *, optional: bool = False, name: str = "") -> Column[str]:
    """The id of a row of another table."""
    return Column(name or f"{table[:-1]}_id", String(40), ForeignKey(f"{table}.id"), nullable=optional)


def beyond(order: Sequence[Column[Any]], last: RowMapping) -> ColumnElement[bool]:
    """What comes after a row in an order that tells any two apart: the next page."""
    return tuple_(*order) > tuple_(*(literal(last[c.name], c.type) for c in order))


def one(table: Table) -> str:
    """What one row of a table is called, in messages and in the audit trail."""
    name = {"outbox": "message"}.get(table.name, table.name)
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name
