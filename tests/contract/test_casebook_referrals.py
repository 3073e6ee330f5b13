"""What becomes of a suspicion of market abuse, over each database: kept with reasons, known to few, never changed."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from cases import casefile
from cases.caseload import Track
from cases.people import Actor, Kind
from cases.referrals import Breach, Filing, Told, record, until
from cases.roles import Role
from cases.storage.referrals import stor_decisions
from cases.storage.schema import audit
from graph.errors import CaseError, NotPermitted, StoreError
from tests.casework import ANNA, BOSS, BOT, LENA, LUIS, START, Work

NOT = Told(
    Filing.NOT_FILED,
    Breach.OPINION,
    "Three accounts recommended $XYZ within a minute, 37 times.",
    "No holdings are known, and the price did not move.",
    snapshots=("ab" * 32,),
)
FILED = replace(NOT, outcome=Filing.FILED, entity="Example Exchange AG", reference="STOR-7", delay="found in an appeal")


@pytest.fixture
def case(work: Work) -> str:
    """A case of the market track that lena opened."""
    return work.case(by=LENA, ready=False, track=Track.MARKET)


WRONG = (
    (replace(NOT, reasons_against=" "), "reasons against are empty"),
    (replace(NOT, reasons_for=""), "reasons for are empty"),
    (replace(NOT, entity="Example Exchange AG"), "nobody filed it, and it names"),
    (replace(NOT, reference="STOR-7"), "nobody filed it, and it names"),
    (replace(FILED, entity=""), "does not say who filed it"),
    (replace(FILED, snapshots=()), "names no evidence"),
)


def test_each_is_kept_beside_the_others_with_its_reasons_for_five_years(work: Work, case: str) -> None:
    work.do(LENA, record, case, NOT)
    work.clock.later(days=3)
    work.do(LENA, record, case, FILED)
    with work.book.look(LENA, "case", case) as look:
        file = casefile.read(look, case)
    for kept, told in zip(file.stor_decisions, (NOT, FILED), strict=True):
        assert asdict(told) | {"snapshots": list(told.snapshots)} == {k: kept[k] for k in asdict(told)}
    first = file.stor_decisions[0]
    assert (first["decided_by"], first["at"], first["keep_until"]) == ("lena", START, START.replace(year=2031))
    assert [e["action"] for e in file.timeline if e["subject"] == "stor_decision"] == ["record", "record"]


def test_what_is_not_complete_is_not_kept(work: Work, case: str) -> None:
    for wrong, why in WRONG:
        with pytest.raises(CaseError, match=why):
            work.do(LENA, record, case, wrong)
    assert work.rows(stor_decisions) == []


def test_no_record_is_changed_or_removed(work: Work, case: str) -> None:
    work.do(LENA, record, case, NOT)
    for statement in ("UPDATE stor_decisions SET outcome = 'filed'", "DELETE FROM stor_decisions"):
        with pytest.raises(StoreError, match="written once"), work.book.database.writing() as connection:
            connection.execute(text(statement))


def test_who_is_not_on_the_access_list_cannot_tell_that_it_is_there(work: Work, case: str) -> None:
    for stranger in (ANNA, LUIS, BOSS):
        with pytest.raises(CaseError, match=f"no case '{case}'"):
            work.do(stranger, record, case, NOT)


def test_a_person_of_the_right_role_records_it(work: Work, case: str) -> None:
    service = Actor("lena", frozenset(Role), Kind.SERVICE)  # by the same name, so that the list lets it through
    analyst = Actor("lena", frozenset({Role.ANALYST}))
    for actor in (service, analyst):
        with pytest.raises(NotPermitted, match="may not refer"):
            work.do(actor, record, case, NOT)
    assert not [e for e in work.rows(audit) if e["action"] == "record"]


def test_a_case_of_the_platforms_rules_has_no_such_record(work: Work) -> None:
    case = work.case()
    with pytest.raises(CaseError, match="not of the market track"):
        work.do(LENA, record, case, NOT)
    with pytest.raises(NotPermitted, match="may not refer"):
        work.do(BOT, record, case, NOT)


def test_five_years_from_a_leap_day() -> None:
    assert until(datetime(2028, 2, 29, 12, tzinfo=UTC)) == datetime(2033, 3, 1, 12, tzinfo=UTC)
