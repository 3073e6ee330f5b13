"""The casebook's database: made, checked, reached, and kept from whom it is not for."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from cases import appeals, decisions, outbox
from cases.casebook import Casebook
from cases.lifecycles import AppealState
from cases.outbox import MessageRefused
from cases.people import system
from cases.storage.database import Database
from cases.storage.schema import cases
from cases.storage.schema import outbox as messages
from cases.storage.tables import metadata
from graph.errors import ConfigError, DeliveryError, SchemaMismatch, StoreError, StoreUnavailable
from tests import casework, postgres
from tests.casework import ACCOUNTS, ANNA, RUTH, Work
from tests.postgres import needs_postgres
from tests.processes import HOST, free_ports


def test_migrations_make_what_the_program_works_with(work: Work) -> None:
    work.book.database.check()
    work.book.database.migrate()
    with work.book.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_tables_that_are_not_there_or_newer_are_said(work: Work, tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'deep' / 'empty.db'}")
    with pytest.raises(SchemaMismatch, match="of version none") as refused:
        empty.check()
    assert refused.value.hint == "lockstep cases migrate"
    empty.close()
    with work.book.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match="9999") as newer:
        work.book.database.check()
    assert newer.value.hint == "use the newer program"


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("casebook.db", "is not one"),
        ("mysql://somebody@host/cases", "is not one"),
        ("sqlite://", "is not one"),
        ("postgresql://somebody@host", "is not one"),
        ("postgresql://somebody:secret@host/cases", "has a password"),
    ],
)
def test_a_url_that_is_none_is_said_without_its_password(url: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong) as refused:
        Database(url)
    assert "secret" not in str(refused.value)


def test_a_server_that_does_not_answer_is_transient() -> None:
    database = Database(f"postgresql://lockstep@{HOST}:{free_ports()[0]}/cases", "x")
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        database.check()
    database.close()


@needs_postgres()
def test_a_wrong_password_is_not() -> None:
    database = Database(casework.postgres_url(), "wrong")
    with pytest.raises(StoreError, match="password authentication failed") as refused:
        database.check()
    assert not isinstance(refused.value, StoreUnavailable)
    database.close()


def test_a_locked_file_is_transient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.storage.database.WAIT_S", 0.05)
    url = casework.sqlite_url(tmp_path)
    one, other = Database(url), Database(url)
    with one.writing(), pytest.raises(StoreUnavailable, match="locked"), other.writing():
        pass
    one.close()
    other.close()


@needs_postgres()
def test_the_application_cannot_change_what_is_written_once() -> None:
    server, url = postgres.shared(), casework.postgres_url()
    name = url.rpartition("/")[2]
    role = f"app_{name}"
    server.run(f"CREATE ROLE {role} LOGIN PASSWORD '{postgres.PASSWORD}'")
    owner = casework.opened(url)
    owner.book.database.grant(role)
    work = casework.opened(url.replace("lockstep@", f"{role}@"))
    key, _ = work.decided()
    with work.book.look(ANNA, "case", key) as look:
        assert decisions.in_force(look, key) is not None
    for statement in (
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE decisions SET content = ''",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TABLE audit",
        "DELETE FROM cases",
        "UPDATE alembic_version SET version_num = ''",
    ):
        with pytest.raises(StoreError, match=r"permission denied|must be owner"), work.book.database.writing() as c:
            c.execute(text(statement))
    assert work.wrong() == []
    work.book.close()
    for wrong in ("x; drop table audit", "PUBLIC"):
        with pytest.raises(ConfigError, match="no name of a role"):
            owner.book.database.grant(wrong)
    owner.book.close()


def test_only_postgresql_has_roles(tmp_path: Path) -> None:
    database = Database(casework.sqlite_url(tmp_path))
    with pytest.raises(ConfigError, match="only PostgreSQL"):
        database.grant("app")
    database.close()


def test_what_goes_out_is_tried_again_until_it_went(work: Work) -> None:
    work.decided()
    sent: list[str] = []

    def half(topic: str, key: str, payload: str) -> None:
        if len(sent) == 1:
            raise DeliveryError("the platform does not answer")
        sent.append(key)
        assert key in payload
        assert topic == "enforce"

    assert outbox.deliver(work.book, system("outbox"), half) == (1, 2)
    assert [m["error"] for m in work.rows(messages)].count("") == 1
    assert outbox.deliver(work.book, system("outbox"), lambda *_: sent.append(_[1])) == (2, 0)
    assert outbox.deliver(work.book, system("outbox"), half) == (0, 0)
    assert len(set(sent)) == len(sent) == 3
    assert {m["tries"] for m in work.rows(messages)} == {1, 2}


def test_nothing_overtakes_what_it_takes_back(work: Work) -> None:
    case_id, decision = work.decided()
    appeal = work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], "it was a joke")
    work.do(RUTH, appeals.acknowledge, appeal)
    work.do(RUTH, appeals.assign, appeal, "ruth")
    work.do(RUTH, appeals.resolve, appeal, AppealState.REVERSED, "so it was")
    order: list[str] = []

    def broken(topic: str, key: str, _: str) -> None:
        order.append(key)
        if topic == "enforce":
            raise DeliveryError("the platform does not answer")

    assert outbox.deliver(work.book, system("outbox"), broken) == (0, 6)
    assert [key.partition("-")[0] for key in order] == ["enforce"] * 3
    assert outbox.deliver(work.book, system("outbox"), lambda *_: order.append(_[1])) == (6, 0)
    assert [key.partition("-")[0] for key in order[3:]] == ["enforce"] * 3 + ["reverse"] * 3
    assert outbox.waiting(work.book) == []
    assert work.row(cases, case_id)["outcome"] == "no_violation"


@pytest.mark.parametrize(("kind", "tried"), [(DeliveryError, 5), (MessageRefused, 6)])
def test_a_receiver_that_is_gone_is_left_alone(work: Work, kind: type[DeliveryError], tried: int) -> None:
    for _ in range(2):
        work.decided()
    order: list[str] = []

    def broken(_topic: str, key: str, _payload: str) -> None:
        order.append(key)
        raise kind("no")

    assert outbox.deliver(work.book, system("outbox"), broken) == (0, 6)
    assert len(order) == tried


def test_the_clock_is_utc(tmp_path: Path) -> None:
    database = Database(casework.sqlite_url(tmp_path))
    assert str(Casebook(database).clock().tzinfo) == "UTC"
    database.close()
