"""Hand-offs, task lists and emergencies, over each database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from cases import alerts, casefile, caseload, containment
from cases.caseload import Track
from cases.containment import Containment
from cases.escalation import forms, handoffs, playbook, templates
from cases.lifecycles import Severity
from cases.people import Actor
from cases.roles import Role
from cases.storage.escalation import emergencies, log_entries
from cases.storage.escalation import handoffs as rows
from cases.storage.schema import access, audit, cases, containments, outbox, tasks
from cases.sweep import sweep
from graph.errors import CaseError, IllegalTransition, NotPermitted, StoreError
from tests import casework
from tests.casework import ACCOUNTS, ADA, ANNA, BOT, LENA, LUIS, RUTH, START, Work

LORA = Actor("lora", frozenset({Role.LEGAL}))
CARL = Actor("carl", frozenset({Role.LEGAL}))
SEB = Actor("seb", frozenset({Role.ANALYST}))
LEGAL = {"question": "May we act in DE?", "track": "platform", "jurisdictions": "DE", "snapshot": "ab" * 32}
TOLD: Mapping[str, Mapping[str, str]] = {
    "legal": LEGAL,
    "compliance": {
        "suspicion": "$XYZ since March", "draft": "stor-1", "for_and_against": "for: …; against: …",
        "formed_at": "today", "snapshot": "ab" * 32,
    },
    "policy": {"gap": "says nothing of quotes", "policy": "promotion, 3", "examples": "two cases"},
    "communications": {"what_is_known": "a link was blocked", "what_is_not": "who is behind it"},
    "security": {"indicators": "x.example", "first_seen": "2026-03-02T08:55Z"},
}  # fmt: skip
CONTACTS = (
    forms.Contact("lead", "lena", "duty phone"),
    forms.Contact("legal", "lora", "mail"),
    forms.Contact("security", "seb", "chat"),
)


def pages(work: Work, topic: str) -> list[list[str]]:
    return [orjson.loads(m["payload"])["page"] for m in work.rows(outbox) if m["topic"] == topic]


@pytest.mark.parametrize(
    ("team", "who", "due"),
    [
        ("legal", LORA, "2026-03-02T17:00"),
        ("compliance", LORA, "2026-03-02T17:00"),
        ("policy", Actor("polly", frozenset({Role.POLICY})), "2026-03-03T17:00"),
        ("communications", LENA, "2026-03-02T13:00"),
        ("security", LENA, "2026-03-02T13:00"),
    ],
)
def test_each_team_says_what_it_needs_and_answers(work: Work, team: str, who: Actor, due: str) -> None:
    key = work.case()
    for missing in TOLD[team]:
        left = {k: v for k, v in TOLD[team].items() if k != missing}
        with pytest.raises(CaseError, match=f"{missing} is missing"):
            work.do(ANNA, handoffs.request, key, team, left)
    one = work.do(ANNA, handoffs.request, key, team, TOLD[team])
    assert work.row(rows, one)["due_at"].strftime("%Y-%m-%dT%H:%M") == due
    with pytest.raises(NotPermitted, match=f"it is for {team} to answer"):
        work.do(RUTH, handoffs.accept, one)
    with pytest.raises(NotPermitted, match="a person answers"):
        work.do(BOT, handoffs.answer, one, "yes")
    work.do(who, handoffs.accept, one)
    with pytest.raises(CaseError, match="the answer is empty"):
        work.do(who, handoffs.answer, one, " ")
    work.do(who, handoffs.answer, one, "Yes, for the three accounts.")
    row = work.row(rows, one)
    assert (row["state"], row["accepted_by"], row["answered_by"]) == ("answered", who.name, who.name)
    with pytest.raises(IllegalTransition, match="it has ended"):
        work.do(ANNA, handoffs.withdraw, one, "no need")
    with work.book.look(ANNA, "case", key) as look:
        file = casefile.read(look, key)
    assert [h["answer"] for h in file.handoffs] == ["Yes, for the three accounts."]
    assert [e["action"] for e in file.timeline if e["subject"] == "handoff"] == ["request", "accept", "answer"]


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"track": "both"}, "track is 'both', not one of: platform, market"),
        ({"colour": "red"}, "colour is not asked for"),
        ({"question": "x" * 10_001}, "question is longer than 10000"),
        ({"question": " "}, "question is missing"),
    ],
)
def test_what_a_team_cannot_answer_is_not_handed_over(work: Work, told: dict[str, str], wrong: str) -> None:
    key = work.case()
    with pytest.raises(CaseError, match=wrong):
        work.do(ANNA, handoffs.request, key, "legal", LEGAL | told)
    with pytest.raises(CaseError, match="there is no desk 'marketing'"):
        work.do(ANNA, handoffs.request, key, "marketing", {})
    assert work.rows(rows) == []


def test_what_is_given_back_is_asked_again_with_what_was_missing(work: Work) -> None:
    key = work.case()
    one = work.do(ANNA, handoffs.request, key, "legal", LEGAL)
    with pytest.raises(CaseError, match="needs a reason"):
        work.do(LORA, handoffs.give_back, one, "")
    work.do(LORA, handoffs.give_back, one, "which countries?")
    work.clock.later(hours=4)
    assert sweep(work.book).handoffs == ()
    work.do(ANNA, handoffs.ask_again, one, {"jurisdictions": "DE, FR"})
    row = work.row(rows, one)
    assert (row["state"], row["told"]["jurisdictions"], row["told"]["question"]) == (
        "requested", "DE, FR", LEGAL["question"],
    )  # fmt: skip
    assert row["due_at"] == datetime(2026, 3, 3, 13, 0, tzinfo=UTC)
    work.do(ANNA, handoffs.withdraw, one, "solved")
    assert work.row(rows, one)["reason"] == "solved"


def test_a_late_one_is_said_once_and_again_when_it_is_asked_again(work: Work) -> None:
    work.book.office = replace(work.book.office, contacts=CONTACTS)
    key = work.case()
    work.do(ANNA, caseload.claim, key)
    one = work.do(ANNA, handoffs.request, key, "legal", LEGAL)
    assert pages(work, "handoff") == [["anna", "lora"]]
    work.do(LORA, handoffs.accept, one)
    work.clock.later(hours=8)
    assert [sweep(work.book).handoffs for _ in range(2)] == [(one,), ()]
    assert pages(work, "overdue") == [["lora", "anna", "lena"]]
    work.do(LORA, handoffs.give_back, one, "which countries?")
    work.do(ANNA, handoffs.ask_again, one, {})
    work.clock.later(days=3)
    assert sweep(work.book).handoffs == (one,)
    assert len(pages(work, "overdue")) == 2


def test_a_case_that_only_its_list_knows_of_is_handed_to_a_person_who_is_put_on_it(work: Work) -> None:
    work.book.office = replace(work.book.office, contacts=CONTACTS)
    key = work.case(track=Track.MARKET)
    told = LEGAL | {"track": "market"}
    with pytest.raises(CaseError, match="nobody is named"):
        work.do(ANNA, handoffs.request, key, "legal", told)
    with pytest.raises(NotPermitted, match="carl is not named in legal"):
        work.do(ANNA, handoffs.request, key, "legal", told, person="carl")
    one = work.do(ANNA, handoffs.request, key, "legal", told, person="lora")
    assert {r["person"] for r in work.rows(access)} == {"anna", "lora"}
    work.do(ANNA, handoffs.request, key, "legal", told, person="lora")
    for who, found in ((LORA, 2), (CARL, 0), (ADA, 0)):
        with work.book.look(who, "hand-offs") as look:
            assert len(handoffs.waiting(look)) == len(handoffs.waiting(look, "legal")) == found
            assert handoffs.waiting(look, "policy") == []
    with pytest.raises(CaseError, match="no handoff"):
        work.do(CARL, handoffs.answer, one, "yes")
    work.do(LORA, handoffs.answer, one, "Say nothing to anybody.")
    assert pages(work, "handoff") == [["lora"], ["lora"]]


def test_who_grants_access_may_hand_over_to_anybody(work: Work) -> None:
    key = work.do(LENA, caseload.open_case, "a ring", Severity.S2, restricted=True)
    work.do(LENA, handoffs.request, key, "legal", LEGAL, person="carl")
    assert {r["person"] for r in work.rows(access)} == {"lena", "carl"}


def test_one_who_is_named_answers_whatever_their_role(work: Work) -> None:
    key = work.case()
    one = work.do(ANNA, handoffs.request, key, "security", TOLD["security"], person="seb")
    work.do(SEB, handoffs.answer, one, "Two accounts were taken over.")
    assert work.row(rows, one)["answered_by"] == "seb"


def test_task_lists_fit_the_kinds_and_the_severity_and_come_once(work: Work) -> None:
    key = work.case(Severity.S1, ready=False)
    with work.book.look(ANNA, "case", key) as look:
        assert [t.name for t in templates.fitting(look, key)] == ["every case", "severe"]
    alert = work.do(ANNA, alerts.take, casework.alert())
    work.do(ANNA, alerts.promote, alert, key)
    assert work.do(ANNA, templates.apply, key) == ["every case", "shilling cluster", "severe"]
    assert [t["place"] for t in work.rows(tasks)] == list(range(len(work.rows(tasks))))
    with pytest.raises(CaseError, match="every task list that fits"):
        work.do(ANNA, templates.apply, key)
    assert work.do(ANNA, templates.apply, key, "sybil ring") == ["sybil ring"]
    with pytest.raises(CaseError, match="every task list that fits"):
        work.do(ANNA, templates.apply, key, "sybil ring")
    with pytest.raises(CaseError, match="no task list 'x'"):
        work.do(ANNA, templates.apply, key, "x")
    work.do(ANNA, caseload.finish, work.rows(tasks)[0]["id"])


def declared(work: Work, **more: Any) -> tuple[str, str]:
    work.book.office = replace(work.book.office, contacts=CONTACTS)
    case_id = work.case(Severity.S0)
    key = work.do(LENA, playbook.declare, case_id, "drainer", "a link empties wallets", **more)
    return case_id, key


def checked(work: Work) -> None:
    for task in work.rows(tasks):
        work.do(ANNA, caseload.finish, task["id"])


def test_an_emergency_from_declaration_to_review(work: Work) -> None:
    case_id, key = declared(work, commander="luis")
    assert pages(work, "emergency") == [["luis", "lena", "lora", "seb"]]
    work.do(ANNA, playbook.log, key, "link blocked at the edge")
    work.clock.later(minutes=20)
    work.do(LUIS, playbook.hand_over, key, "lena", "end of shift")
    with pytest.raises(NotPermitted, match="lena commands"):
        work.do(ANNA, playbook.contained, key)
    with pytest.raises(CaseError, match="6 steps of the checklist are not done, the first: Block the link"):
        work.do(LENA, playbook.contained, key)
    checked(work)
    work.do(LENA, playbook.contained, key)
    measure = work.do(LENA, containment.contain, case_id, Containment.BLOCK_LINK, "x.example", "live drainer")
    with pytest.raises(CaseError, match="1 emergency measures wait for approval"):
        work.do(LENA, playbook.resolve, key, "the domain is gone")
    work.do(LUIS, containment.approve, measure)
    with work.book.look(ANNA, "case", case_id) as look:
        (now,) = playbook.standing(look, case_id)
    assert (now.row["state"], now.runs, now.left, len(now.steps)) == ("contained", timedelta(minutes=20), None, 6)
    assert ([e["text"] for e in now.log], [c.person for c in now.contacts]) == (
        ["link blocked at the edge"],
        ["lena", "lora", "seb"],
    )
    work.do(LENA, playbook.resolve, key, "the domain is gone")
    said = dict.fromkeys(work.book.office.review, "as the log says")
    for missing, about in work.book.office.review.items():
        with pytest.raises(CaseError, match=about):
            work.do(LENA, playbook.review, key, {k: v for k, v in said.items() if k != missing})
    with pytest.raises(NotPermitted, match="a person writes"):
        work.do(BOT, playbook.review, key, said)
    work.do(ANNA, playbook.review, key, said | {"other": "x"})
    assert work.row(emergencies, key)["review"] == said
    with pytest.raises(CaseError, match="it was reviewed"):
        work.do(ANNA, playbook.log, key, "one more thing")
    with work.book.look(ANNA, "case", case_id) as look:
        file = casefile.read(look, case_id)
    assert [e["state"] for e in file.emergencies] == ["reviewed"]
    told = [e["action"] for e in file.timeline if e["subject"] in {"emergency", "log_entry"}]
    assert told == ["declare", "log", "hand_over", "contain", "resolve", "review"]


@pytest.mark.parametrize("left", ["", "nobody is affected"])
def test_a_false_alarm_is_stood_down_and_reviewed_too(work: Work, left: str) -> None:
    case_id, key = declared(work)
    if left:
        work.do(LENA, playbook.contained, key, left=left)
    with pytest.raises(CaseError, match="needs a reason"):
        work.do(LENA, playbook.stand_down, key, " ")
    work.do(LENA, playbook.stand_down, key, "a security researcher's test")
    with pytest.raises(IllegalTransition):
        work.do(LENA, playbook.contained, key, left="no")
    with pytest.raises(CaseError, match="cannot be given so"):
        work.do(LENA, playbook.hand_over, key, "luis", "why not")
    with work.book.look(ANNA, "case", case_id) as look:
        (now,) = playbook.standing(look, case_id)
    assert now.left == timedelta(days=4, hours=8)
    assert now.row["due_at"] == datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
    assert work.do(LENA, playbook.declare, case_id, "pump", "now a pump") != key


@pytest.mark.parametrize(
    ("severity", "who", "book", "why", "wrong"),
    [
        (Severity.S1, LENA, "drainer", "live", "of severity S1"),
        (Severity.S0, ANNA, "drainer", "live", "may not contain"),
        (Severity.S0, BOT, "drainer", "live", "may not contain"),
        (Severity.S0, LENA, "flood", "live", "no playbook 'flood'"),
        (Severity.S0, LENA, "drainer", " ", "needs a reason"),
    ],
)
def test_an_emergency_is_declared_by_a_lead_with_a_reason(
    work: Work, *, severity: Severity, who: Actor, book: str, why: str, wrong: str
) -> None:
    key = work.case(severity)
    with pytest.raises((CaseError, NotPermitted), match=wrong):
        work.do(who, playbook.declare, key, book, why)
    assert work.rows(emergencies) == []


def test_there_is_one_emergency_of_a_case_at_a_time(work: Work) -> None:
    case_id, key = declared(work)
    with pytest.raises(CaseError, match="it is an emergency already"):
        work.do(LUIS, playbook.declare, case_id, "pump", "also a pump")
    for text in ("", "  "):
        with pytest.raises(CaseError, match="empty"):
            work.do(ANNA, playbook.log, key, text)
    for person, why in (("", "x"), ("lena", "x"), ("luis", " ")):
        with pytest.raises(CaseError, match="cannot be given so"):
            work.do(LENA, playbook.hand_over, key, person, why)


def test_what_is_not_contained_or_reviewed_in_time_is_paged_once(work: Work) -> None:
    _, key = declared(work, commander="luis")
    work.clock.later(minutes=31)
    assert [sweep(work.book).emergencies for _ in range(2)] == [(key,), ()]
    work.do(LUIS, playbook.stand_down, key, "a test")
    work.clock.later(days=8)
    assert [sweep(work.book).emergencies for _ in range(2)] == [(key,), ()]
    assert pages(work, "emergency_late") == [["luis", "lena"], ["luis", "lena"]]


def test_the_log_is_written_once(work: Work) -> None:
    _, key = declared(work)
    work.do(ANNA, playbook.log, key, "link blocked")
    for change in (log_entries.update().values(text="never"), log_entries.delete()):
        with pytest.raises(StoreError, match="written once"), work.book.database.writing() as connection:
            connection.execute(change)


def test_whoever_commands_a_case_of_a_list_is_on_it(work: Work) -> None:
    key = work.do(LENA, caseload.open_case, "a pump", Severity.S0, track=Track.MARKET)
    one = work.do(LENA, playbook.declare, key, "pump", "now", commander="luis")
    work.do(LUIS, playbook.hand_over, one, "seb", "knows the market")
    assert {r["person"] for r in work.rows(access)} == {"lena", "luis", "seb"}
    with pytest.raises(CaseError, match="no emergency"):
        work.do(ADA, playbook.log, one, "I should not know")


def test_a_grant_is_written_under_its_own_name(work: Work) -> None:
    key = work.case(ready=False)
    work.do(LENA, caseload.grant, key, "vera")
    assert [(e["subject"], e["subject_id"]) for e in work.rows(audit) if e["action"] == "grant"] == [("access", key)]
    with work.book.look(ANNA, "case", key) as look:
        assert "grant" in [e["action"] for e in casefile.read(look, key).timeline]


#: What must hold of emergency measures, whatever else changes: what was done, hours later, and what is then so.
MUST = [
    ("a link, nobody approves", Containment.BLOCK_LINK, "", 4, "paged", 1, 0),
    ("an account, nobody approves", Containment.LIMIT_REACH, "", 4, "released", 1, 1),
    ("a link, approved in time", Containment.BLOCK_LINK, "approve", 4, "approved", 0, 0),
    ("an account, approved in time", Containment.LIMIT_REACH, "approve", 4, "approved", 0, 0),
    ("a link, before its time", Containment.BLOCK_LINK, "", 3.9, "contained", 0, 0),
    ("an account, before its time", Containment.LIMIT_REACH, "", 3.9, "contained", 0, 0),
    ("a link, taken back", Containment.BLOCK_LINK, "release", 4, "released", 0, 1),
    ("an account, taken back", Containment.LIMIT_REACH, "release", 4, "released", 0, 1),
]


@pytest.mark.parametrize(
    ("_name", "kind", "then", "hours", "state", "paged", "released"), MUST, ids=[row[0] for row in MUST]
)
def test_what_must_hold_of_emergency_measures(
    work: Work, *, _name: str, kind: Containment, then: str, hours: float, state: str, paged: int, released: int
) -> None:
    work.book.office = replace(work.book.office, contacts=CONTACTS)
    key = work.case(Severity.S0)
    before = casework_state(work, key)
    for who, why in ((ANNA, "live"), (BOT, "live"), (LENA, " ")):
        with pytest.raises((CaseError, NotPermitted)):
            work.do(who, containment.contain, key, kind, ACCOUNTS[0], why)
    one = work.do(LENA, containment.contain, key, kind, ACCOUNTS[0], "live drainer")
    assert casework_state(work, key) == before, "the case's own state stays apart"
    with pytest.raises(NotPermitted, match="who took it does not approve it"):
        work.do(LENA, containment.approve, one)
    if then == "approve":
        work.do(LUIS, containment.approve, one)
    elif then == "release":
        work.do(LUIS, containment.release, one, "the link is harmless")
    work.clock.later(hours=hours)
    sweep(work.book)
    sweep(work.book)
    assert work.row(containments, one)["state"] == state
    topics = [m["topic"] for m in work.rows(outbox)]
    assert (topics.count("page"), topics.count("release")) == (paged, released)
    assert not any("terminate" in m["payload"] or m["topic"] == "enforce" for m in work.rows(outbox))
    assert all("lena" in p for p in pages(work, "page")), "upward: to the leads on duty"
    if state != "released":
        work.do(LUIS, containment.release, one, "reviewed")
        assert work.row(containments, one)["state"] == "released"
    assert not {k for k in Containment if "account" in k or "terminate" in k}
    assert work.row(containments, one)["opened_at"] == START


def casework_state(work: Work, key: str) -> tuple[str, str]:
    row = work.row(cases, key)
    return row["state"], row["outcome"]
