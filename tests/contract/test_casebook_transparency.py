"""The transparency report of a casebook, over each database: what is counted, for whom, and what adds up."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from cases import appeals, caseload, decisions
from cases.caseload import Track
from cases.drafts import Action, Automated, Draft, Ground, Measure
from cases.exports.dsa_transparency import transparency
from cases.lifecycles import AppealState, Severity
from cases.people import Actor
from cases.roles import Role
from cases.storage.schema import audit, cases
from graph.errors import CaseError, NotPermitted
from tests.casework import ACCOUNTS, ANNA, BOSS, LENA, RUTH, VERA, Work, draft

MARCH = (date(2026, 3, 1), date(2026, 3, 31))
SCAMS = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
GIVEN: dict[str, Any] = {
    "identification": {"service": "A crypto social network", "provider": "Somebody Ltd"},
    "categories": {"inauthentic promotion": {"category": SCAMS, "keyword": "KEYWORD_INAUTHENTIC_ACCOUNTS"}},
}
LEO = Actor("leo", frozenset({Role.LEGAL}))
SUSPEND = Action(Measure.SUSPEND_ACCOUNT, ACCOUNTS[0], ACCOUNTS[0])


def _made(work: Work, given: dict[str, Any] | None = None, by: Actor = LENA) -> dict[str, list[dict[str, str]]]:
    files = transparency(work.book, by, *MARCH, GIVEN if given is None else given)
    return {n: list(csv.DictReader(io.StringIO(c.decode(), newline=""))) for n, c in files.items()}


def _row(rows: list[dict[str, str]], **key: str) -> dict[str, str]:
    (found,) = [r for r in rows if all(r[k] == v for k, v in key.items())]
    return found


def _decided(work: Work, told: Draft, **case: Any) -> tuple[str, str]:
    key = work.case(Severity.S3, **case)
    return key, work.do(case.get("by", ANNA), decisions.decide, key, told)


def _appeal(work: Work, decision: str, hours: float, outcome: AppealState, who: str = ACCOUNTS[0], **more: Any) -> None:
    appeal = work.do(RUTH, appeals.receive, decision, who, "not me")
    work.do(RUTH, appeals.acknowledge, appeal)
    work.do(RUTH, appeals.assign, appeal, "ruth")
    work.clock.later(hours=hours)
    work.do(RUTH, appeals.resolve, appeal, outcome, "looked at again", **more)


def test_measures_are_counted_by_ground_category_and_kind(work: Work) -> None:
    _decided(work, draft(Severity.S3))
    both = (SUSPEND, Action(Measure.REMOVE_CONTENT, "p1", ACCOUNTS[1]))
    _decided(work, draft(Severity.S3, actions=both, ground=Ground.ILLEGAL, automated_decision=Automated.FULLY))
    _decided(work, draft(Severity.S3, actions=(SUSPEND,), automated_detection=False))
    work.clock.later(days=60)
    _decided(work, draft(Severity.S3))  # of another period
    made = _made(work)
    terms, illegal = made["1-4-own-initiative-terms.csv"], made["1-4-own-initiative-illegal.csv"]
    for rows, count, detected in ((terms, 4, 3), (illegal, 2, 2)):
        for key in (
            {"category": "TOTAL"},
            {"category": SCAMS, "sub_category": ""},
            {"category": SCAMS, "sub_category": "KEYWORD_INAUTHENTIC_ACCOUNTS"},
        ):
            told = _row(rows, **key)
            assert told["measures"] == str(count)
            assert told["after_solely_automated_detection"] == str(detected)
    told = _row(terms, category="TOTAL")
    assert (told["visibility_demoted"], told["account_suspension"], told["visibility_removal"]) == ("3", "1", "0")
    assert told["visibility_age_restricted"] == told["monetary_other"] == ""
    assert _row(terms, category="STATEMENT_CATEGORY_VIOLENCE")["measures"] == "0"
    assert not [r for r in illegal if r["category"] == "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"]
    assert _row(made["1-6-automated-measures.csv"], ground="TOTAL") == {
        "ground": "TOTAL", "measures": "6", "solely_automated": "2", "not_solely_automated": "4",
    }  # fmt: skip


def test_what_an_appeal_leaves_is_not_counted_twice(work: Work) -> None:
    _, decision = _decided(work, draft(Severity.S3))
    left = f"post-of-{ACCOUNTS[0]}"
    _appeal(work, decision, 3, AppealState.PARTIALLY_REVERSED, reverse=[left])
    assert _row(_made(work)["1-4-own-initiative-terms.csv"], category="TOTAL")["measures"] == "3"


def test_complaints_have_their_outcomes_and_medians(work: Work) -> None:
    _, first = _decided(work, draft(Severity.S3))
    _, second = _decided(work, draft(Severity.S3, actions=(SUSPEND,)))
    _, third = _decided(work, draft(Severity.S3))
    _appeal(work, first, 2, AppealState.UPHELD)
    _appeal(work, second, 9, AppealState.REVERSED)
    _appeal(work, third, 4, AppealState.OMITTED)
    _appeal(work, third, 5, AppealState.PARTIALLY_REVERSED, ACCOUNTS[1], reverse=[f"post-of-{ACCOUNTS[1]}"])
    _, fourth = _decided(work, draft(Severity.S3))
    work.do(RUTH, appeals.receive, fourth, ACCOUNTS[2], "not me")
    made = _made(work)
    rows = made["1-5-complaints.csv"]
    assert list(_row(rows, type_of_decision="TOTAL").values()) == ["TOTAL", "5", "4", "1", "1", "1", "1", "5.0"]
    assert list(_row(rows, type_of_decision="VISIBILITY").values()) == [
        "VISIBILITY",
        "4",
        "3",
        "1",
        "1",
        "0",
        "1",
        "3.5",
    ]
    assert list(_row(rows, type_of_decision="ACCOUNT").values()) == ["ACCOUNT", "1", "1", "0", "0", "1", "0", "9.0"]
    assert list(_row(rows, type_of_decision="MONETARY").values()) == ["MONETARY", "0", "0", "0", "0", "0", "0", ""]
    assert "open at its end: 1" in _row(made["2-qualitative.csv"], item="1.5")["text"]


def test_measures_after_a_notice_are_not_own_initiative(work: Work) -> None:
    key, _ = _decided(work, draft(Severity.S3))
    made = _made(work, {**GIVEN, "from_notices": {key: "trusted_flagger"}})
    assert _row(made["1-4-own-initiative-terms.csv"], category="TOTAL")["measures"] == "0"
    assert "a notice that the casebook has: 3" in _row(made["2-qualitative.csv"], item="1.3")["text"]
    assert _row(made["1-6-automated-measures.csv"], ground="TOTAL")["measures"] == "3"


def test_hidden_cases_are_counted_and_nowhere_told_apart(work: Work) -> None:
    _decided(work, draft(Severity.S3))
    key, _ = _decided(work, draft(Severity.S3, actions=(SUSPEND,)), by=LENA, track=Track.MARKET)
    files = transparency(work.book, LEO, *MARCH, GIVEN)
    assert _row(_made(work)["1-4-own-initiative-terms.csv"], category="TOTAL")["account_suspension"] == "1"
    for secret in (key, *ACCOUNTS):
        assert secret not in b"".join(files.values()).decode()
    with pytest.raises(CaseError, match="no case"):
        _made(work, {**GIVEN, "from_notices": {key: "notice"}}, LEO)
    with work.book.database.writing() as connection:
        connection.execute(update(cases).values(track="platform"))
    assert transparency(work.book, LEO, *MARCH, GIVEN) == files  # the same bytes, were it one of the others


def test_the_policy_of_a_hidden_case_is_not_named(work: Work) -> None:
    told = draft(Severity.S3, actions=(SUSPEND,), policy="dissemination of false information")
    _decided(work, told, by=LENA, track=Track.MARKET)
    with pytest.raises(CaseError, match="dissemination of false information"):
        _made(work, {}, LENA)
    with pytest.raises(CaseError, match="no category is given for a policy") as refused:
        _made(work, {}, LEO)
    assert "dissemination" not in str(refused.value)


def test_what_nobody_knows_is_empty_and_the_reason_is_there(work: Work) -> None:
    made = _made(work, {})
    for name in ("1-2-orders", "1-3-notices", "1-6-classifiers", "1-7-human-resources", "1-8-recipients"):
        assert made[f"{name}.csv"] == []
    texts = {r["item"]: r["text"] for r in made["2-qualitative.csv"]}
    assert all("were" in texts[s] and "given" in texts[s] for s in ("1.2", "1.3", "1.6", "1.7", "1.8"))
    assert {"item": "period_start", "value": "2026-03-01"} in made["1-1-identification.csv"]
    assert _row(made["1-4-own-initiative-terms.csv"], category="TOTAL")["measures"] == "0"


def test_what_is_given_is_in_it(work: Work) -> None:
    given = {
        **GIVEN,
        "human-resources": [{"language": "de", "internal": 4, "external": 12, "full_time_equivalents": 13.5}],
        "recipients": [{"member_state": "DE", "average_monthly_recipients": 120_000}],
        "notices": [{"category": "TOTAL", "notices": 3, "median_hours_to_action": 12.5}],
        "qualitative": {"1.7": "Two teams.", "summary": "A quiet month."},
    }
    made = _made(work, given)
    assert made["1-7-human-resources.csv"][0]["full_time_equivalents"] == "13.5"
    assert made["1-8-recipients.csv"][0]["average_monthly_recipients"] == "120000"
    assert _row(made["2-qualitative.csv"], item="1.7")["text"] == "Two teams."
    assert {"item": "provider", "value": "Somebody Ltd"} in made["1-1-identification.csv"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "no category is given for the policies: inauthentic promotion"),
    ({"catgories": {}}, "nothing that can be given"),
    ({"categories": {"x": {"category": "SCAMS"}}}, "the category of the policy 'x' is none"),
    ({"categories": {"x": {"category": SCAMS, "keyword": 3}}}, "is no text"),
    ({"categories": []}, "no table of names and values"),
    ({"orders": {"a": 1}}, "no table of rows"),
    ({"from_notices": {"nocase": "notice"}}, "no case nocase"),
    ({"from_notices": {"nocase": "a bird"}}, "is from 'a bird'"),
    ({"qualitative": {"1.9": "x"}}, "no qualitative row '1.9'"),
    ({**GIVEN, "qualitative": {"1.7": "=1+1"}}, "begins like a formula"),
    ({**GIVEN, "identification": {"service": "@us"}}, "begins like a formula"),
    (
        {"categories": {"inauthentic promotion": {"category": SCAMS, "keyword": "KEYWORD_NUDITY"}}},
        "no sub-category",
    ),
    (
        {"categories": {"inauthentic promotion": {"category": "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"}}},
        "was on own initiative",
    ),
    (
        {**GIVEN, "notices": [{"category": "TOTAL", "items": 3}, {"category": SCAMS, "items": 2}]},
        "add up to 2, and the whole is 3",
    ),
]


def test_what_cannot_be_reported_is_refused_and_nothing_goes_out(work: Work) -> None:
    _decided(work, draft(Severity.S3))
    for given, why in REFUSED:
        with pytest.raises(CaseError, match=why):
            transparency(work.book, LENA, *MARCH, given)
    assert not [r for r in work.rows(audit) if r["action"] == "export"]


def test_a_decision_on_law_is_of_no_category_of_terms(work: Work) -> None:
    _decided(work, draft(Severity.S3, ground=Ground.ILLEGAL))
    given = {"categories": {"inauthentic promotion": {"category": "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"}}}
    with pytest.raises(CaseError, match="rests on law"):
        transparency(work.book, LENA, *MARCH, given)


@pytest.mark.parametrize("actor", [ANNA, RUTH, VERA, Actor("aud", frozenset({Role.AUDITOR}))])
def test_only_who_says_who_knows_of_a_case_may_make_one(work: Work, actor: Actor) -> None:
    with pytest.raises(NotPermitted):
        transparency(work.book, actor, *MARCH, GIVEN)
    assert work.rows(audit) == []


def test_it_is_in_the_trail_and_the_same_each_time(work: Work) -> None:
    work.do(BOSS, caseload.open_case, "x", Severity.S3)
    first = transparency(work.book, LENA, *MARCH, GIVEN)
    assert first == transparency(work.book, LENA, *MARCH, GIVEN)
    entries = [r for r in work.rows(audit) if r["action"] == "export"]
    assert [(e["actor"], e["subject"]) for e in entries] == [("lena", "report")] * 2
    assert set(orjson.loads(entries[0]["detail"])["sha256"]) == set(first)
    with pytest.raises(CaseError, match="ends before it begins"):
        transparency(work.book, LENA, MARCH[1], MARCH[0], GIVEN)
