"""The audit trail, over each database: whatever is done to it is found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from cases import audit, caseload
from cases.audit import Head
from cases.lifecycles import Severity
from cases.storage.schema import audit as rows
from cases.storage.schema import cases
from graph.errors import StoreError
from tests import casework
from tests.casework import ANNA, LENA, Work
from tests.contract.conftest import CASEBOOKS


@pytest.fixture(params=CASEBOOKS)
def spoilt(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Work]:
    """A casebook with a few cases, whose owner has taken the triggers away."""
    work = casework.opened(casework.sqlite_url(tmp_path) if request.param == "sqlite" else casework.postgres_url())
    for actor in (ANNA, LENA):
        work.do(actor, caseload.open_case, "copied posts", Severity.S2)
        work.clock.later(minutes=1)
    assert work.wrong() == []
    with work.book.database.writing() as connection:
        if work.book.database.kind == "postgresql":
            connection.execute(text("DROP TRIGGER audit_written_once ON audit"))
        else:
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER audit_no_{verb}"))
    yield work
    work.book.close()


def head(work: Work) -> Head:
    with work.book.database.reading() as connection:
        return audit.head(connection)


def changed(work: Work, statement: str) -> list[str]:
    with work.book.database.writing() as connection:
        connection.execute(text(statement))
    return work.wrong()


@pytest.mark.parametrize("column", ["at", "actor", "kind", "action", "subject", "subject_id", "detail", "prev", "hash"])
@pytest.mark.parametrize("seq", [1, 2])
def test_any_change_of_any_column_is_found(spoilt: Work, column: str, seq: int) -> None:
    new = "'2020-01-01 00:00:00'" if column == "at" else f"'!' || substr({column}, 2)"
    found = changed(spoilt, f"UPDATE audit SET {column} = {new} WHERE seq = {seq}")
    assert any(f"entry {seq} was changed" in f for f in found)


def test_a_changed_entry_with_a_new_hash_breaks_the_chain(spoilt: Work) -> None:
    with spoilt.book.database.writing() as connection:
        row = dict(connection.execute(rows.select().where(rows.c.seq == 1)).mappings().one())
        new = audit._hash({**row, "actor": "somebody"})
        connection.execute(rows.update().where(rows.c.seq == 1).values(actor="somebody", hash=new))
    assert spoilt.wrong() == ["entry 2 does not follow the one before it"]


def test_a_removed_entry_is_found(spoilt: Work) -> None:
    assert "entries 1 to 1 are gone" in changed(spoilt, "DELETE FROM audit WHERE seq = 1")


def test_two_entries_that_changed_places_are_found(spoilt: Work) -> None:
    swap = "UPDATE audit SET seq = CASE seq WHEN {a} THEN {b} ELSE {c} END WHERE seq IN ({a}, {c})"
    changed(spoilt, swap.format(a=1, b=-1, c=1))
    changed(spoilt, "UPDATE audit SET seq = 1 WHERE seq = 2")
    assert len(changed(spoilt, "UPDATE audit SET seq = 2 WHERE seq = -1")) >= 2


def test_a_cut_off_end_is_found_by_a_head_that_was_kept_elsewhere(spoilt: Work) -> None:
    kept = head(spoilt)
    assert spoilt.wrong(kept) == []
    assert changed(spoilt, f"DELETE FROM audit WHERE seq = {kept.seq}") == []
    assert spoilt.wrong(kept) == [f"entry {kept.seq} was published and is gone"]
    assert spoilt.wrong(Head(1, "0" * 64)) == ["entry 1 is not the one that was published"]


def test_the_database_itself_refuses_a_change(work: Work) -> None:
    work.do(ANNA, caseload.open_case, "copied posts", Severity.S2)
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "UPDATE raised SET id = id"):
        if "raised" in statement and work.book.database.kind == "sqlite":
            continue  # fires for each row, and there is none
        with pytest.raises(StoreError, match="written once"), work.book.database.writing() as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize("fail", ["before", "after"])
def test_a_change_is_kept_with_its_entry_or_not_at_all(work: Work, monkeypatch: pytest.MonkeyPatch, fail: str) -> None:
    real: Callable[..., None] = audit.append

    def broken(connection: Connection, *args: object) -> None:
        if fail == "after":
            real(connection, *args)
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(audit, "append", broken)
    with pytest.raises(RuntimeError):
        work.do(ANNA, caseload.open_case, "copied posts", Severity.S2)
    monkeypatch.undo()
    assert (work.rows(rows), work.rows(cases)) == ([], [])


def test_an_empty_trail_has_a_head(work: Work) -> None:
    assert head(work) == Head(0, audit.GENESIS)
    assert work.wrong(Head(0, audit.GENESIS)) == []
    assert dataclasses.astuple(head(work))[0] == 0
