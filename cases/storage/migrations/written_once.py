"""Triggers that refuse any change of what is written once."""

from __future__ import annotations

from alembic import op


def prepare() -> None:
    """Make what the triggers call, where a database wants that made first."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'written once: % cannot change', TG_TABLE_NAME; END $$"
        )


def freeze(table: str) -> None:
    """Let no row of a table be changed or removed."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION written_once()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, 'written once: {table} cannot change'); END"
        )
