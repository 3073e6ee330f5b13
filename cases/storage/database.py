"""Connections to the casebook: SQLite by default, PostgreSQL for a team; and its migrations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from cases.storage.tables import FROZEN, metadata
from graph.errors import ConfigError, SchemaMismatch, StoreError, StoreUnavailable

WAIT_S = 30.0
_LOCK = 7_305_011_448  # a number of ours among PostgreSQL's advisory locks
_MIGRATIONS = Path(__file__).with_name("migrations")
_MINIMUM = 15  # PostgreSQL's version
_LOST = re.compile(r"locked|busy|refused|closed|can't create a connection|network|timed? ?out|terminat", re.IGNORECASE)


class Database:
    """A casebook's database.

    Parameters
    ----------
    url : str
        ``sqlite:///FILE`` or ``postgresql://USER@HOST[:PORT]/DATABASE``.
    password : str or None
        PostgreSQL's, which is never in the URL.
    """

    def __init__(self, url: str, password: str | None = None) -> None:
        self.url = url
        self.engine = _engine(_parsed(url, password))
        self.kind = self.engine.dialect.name

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with self._told(), self.engine.connect() as connection:
            if self.kind == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            else:
                connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes; on SQLite writers take turns from its beginning."""
        with self._told(), self.engine.connect() as connection:
            if self.kind == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def take_turn(self, connection: Connection) -> None:
        """Let no other transaction append to the audit trail before this one has ended."""
        if self.kind == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    def tidy(self) -> None:
        """Bring SQLite's log into its file and empty it, where nobody reads from it: it may hold what was removed."""
        if self.kind != "sqlite":
            return
        with self._told(), self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")  # while it waits for readers, nobody could write
            try:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {WAIT_S * 1_000:.0f}")

    def migrate(self) -> None:
        """Make the tables, or bring them to this program's version."""
        with self.writing() as connection:
            if self.kind == "postgresql":
                self._check_version(connection)
                self.take_turn(connection)
            command.upgrade(self._alembic(connection), "head")

    def grant(self, role: str) -> None:
        """Let a PostgreSQL role work in the casebook, and neither change nor remove what is written once.

        The application then logs in as that role, and the tables' owner is used for migrations alone.

        Raises
        ------
        ConfigError
            The database has no roles, or the name is none.
        """
        if self.kind != "postgresql":
            raise ConfigError("only PostgreSQL has roles", self.url)
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", role):
            raise ConfigError(f"{role!r} is no name of a role", self.url, "write lower-case letters, digits and _")
        kept = {*FROZEN, "alembic_version"}
        changed = [t for t in metadata.tables if t not in kept]
        with self.writing() as connection:
            connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"))
            connection.execute(text(f"GRANT SELECT ON alembic_version TO {role}"))
            connection.execute(text(f"GRANT SELECT, INSERT ON {', '.join(FROZEN)} TO {role}"))
            connection.execute(text(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(changed)} TO {role}"))
            connection.execute(text(f"GRANT DELETE ON access, subjects TO {role}"))

    def check(self) -> None:
        """Look whether the tables are those of this program.

        Raises
        ------
        SchemaMismatch
            They are not there, or of another version.
        """
        with self.reading() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        head = ScriptDirectory.from_config(self._alembic(None)).get_current_head()
        if found != head:
            was = found or "none"
            raise SchemaMismatch(
                f"the casebook's tables are of version {was}, this program's {head}",
                self.url,
                "lockstep cases migrate" if found is None or found < str(head) else "use the newer program",
            )

    def _alembic(self, connection: Connection | None) -> Config:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["connection"] = connection
        return config

    def _check_version(self, connection: Connection) -> None:
        major = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
        if major < _MINIMUM:
            raise ConfigError(f"the server is PostgreSQL {major}", self.url, f"use {_MINIMUM} or later")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the driver's errors into ours."""
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            said = str(error.orig)
            if _LOST.search(said):
                raise StoreUnavailable(f"the casebook cannot be reached: {said}", self.url, "try again") from error
            raise StoreError(f"the casebook failed: {said}", self.url) from error
        except DBAPIError as error:
            raise StoreError(f"the casebook failed: {error.orig}", self.url) from error


def _parsed(url: str, password: str | None) -> URL:
    try:
        parts = make_url(url)
    except ArgumentError:
        parts = None
    hint = "write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
    if parts is None or parts.drivername not in {"sqlite", "postgresql"} or not parts.database:
        raise ConfigError("the casebook's URL is not one", _shown(url), hint)
    if parts.password:
        raise ConfigError("the casebook's URL has a password", _shown(url), "set LOCKSTEP_CASES_PASSWORD instead")
    if parts.drivername == "sqlite":
        Path(parts.database).absolute().parent.mkdir(parents=True, exist_ok=True)
        return parts
    return parts.set(drivername="postgresql+pg8000", password=password)


def _shown(url: str) -> str:
    return re.sub(r"//([^:/@]*):[^@]*@", r"//\1:…@", url)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": WAIT_S, "isolation_level": None})
        event.listen(engine, "connect", _sqlite)
        return engine
    return create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True, connect_args={"timeout": WAIT_S})


def _sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
