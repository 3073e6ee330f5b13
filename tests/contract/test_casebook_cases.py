"""Cases, over each database: one holder each, known to those who may know, moved along their machine alone."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest

from cases import caseload
from cases.casebook import Change
from cases.caseload import Subject, Track
from cases.lifecycles import CaseState, Outcome, Severity
from cases.people import JUDGEMENTS, Actor
from cases.roles import Role
from cases.storage.schema import access, audit, cases, notes, subjects, tasks
from graph.errors import CaseError, IllegalTransition, NotPermitted, StaleCase
from tests.casework import ADA, ANNA, BOSS, BOT, LENA, LUIS, RUTH, VERA, Work

AUDITOR = Actor("otto", frozenset({Role.AUDITOR}))


def test_fifty_people_claim_fifty_cases_and_each_gets_one(work: Work) -> None:
    wanted = {work.case(ready=False) for _ in range(50)}
    people = [Actor(f"person-{n}", frozenset({Role.ANALYST})) for n in range(50)]
    begin, got, failed = threading.Barrier(50), {}, []

    def claim(person: Actor) -> None:
        begin.wait()
        try:
            got[person.name] = work.do(person, caseload.claim_next)
        except Exception as error:  # noqa: BLE001 - a thread's error is the test's
            failed.append(error)

    threads = [threading.Thread(target=claim, args=(p,)) for p in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert Counter(got.values()) == dict.fromkeys(wanted, 1)
    assert {r["assignee"] for r in work.rows(cases)} == {p.name for p in people}
    assert work.do(ANNA, caseload.claim_next) is None


def test_one_that_somebody_has_cannot_be_claimed(work: Work) -> None:
    key = work.case(ready=False)
    work.do(ANNA, caseload.claim, key)
    with pytest.raises(CaseError, match="anna has it"):
        work.do(ADA, caseload.claim, key)
    with pytest.raises(NotPermitted, match="anna has it"):
        work.do(ADA, caseload.assign, key, "ada")
    work.do(LENA, caseload.assign, key, "ada", "anna is away")
    assert work.row(cases, key)["assignee"] == "ada"
    work.do(ADA, caseload.release, key)
    work.do(ANNA, caseload.claim, key)


def test_the_worst_and_oldest_is_next(work: Work) -> None:
    mild = work.case(Severity.S3, ready=False)
    work.clock.later(hours=1)
    old = work.case(Severity.S1, ready=False)
    work.clock.later(hours=1)
    young = work.case(Severity.S1, ready=False)
    assert [work.do(ANNA, caseload.claim_next) for _ in range(4)] == [old, young, mild, None]


def test_pages_hold_every_case_once_in_order(work: Work) -> None:
    keys = []
    for number in range(7):
        keys.append(work.case([Severity.S2, Severity.S1][number % 2], ready=False))
        if number % 3:
            work.clock.later(minutes=1)
    with work.book.look(ANNA, "cases") as look:
        whole = [r["id"] for r in caseload.listed(look, limit=50)]
        seen: list[str] = []
        while page := caseload.listed(look, limit=2, after=seen[-1] if seen else ""):
            seen += [r["id"] for r in page]
        assert seen == whole
        assert sorted(whole) == sorted(keys)
        assert caseload.counts(look) == {"open": 7}
        assert caseload.listed(look, states=[CaseState.CLOSED]) == []
        assert caseload.listed(look, assignee="anna") == []
        assert len(caseload.listed(look, assignee="")) == 7


@pytest.mark.parametrize("more", [{"restricted": True}, {"track": Track.MARKET}])
def test_nobody_off_its_list_knows_of_a_restricted_case(work: Work, more: dict[str, Any]) -> None:
    key = work.case(ready=False, **more)
    for other in (ADA, LENA, RUTH, AUDITOR, BOSS):
        with work.book.look(other, "cases") as look:
            assert caseload.listed(look) == []
            assert caseload.counts(look) == {}
            with pytest.raises(CaseError) as refused:
                caseload.find(look, key)
            with pytest.raises(CaseError) as missing:
                caseload.find(look, "nosuchcase")
            assert str(refused.value).replace(key, "?") == str(missing.value).replace("nosuchcase", "?")
    assert work.do(LENA, caseload.claim_next) is None
    with pytest.raises(CaseError, match="no case"):
        work.do(LENA, caseload.claim, key)
    with pytest.raises(CaseError, match="no case"):
        work.do(LENA, caseload.grant, key, "lena")


def test_who_is_listed_knows_of_it_and_somebody_always_does(work: Work) -> None:
    key = work.do(LENA, caseload.open_case, "a pump", Severity.S1, track=Track.MARKET)
    work.do(LENA, caseload.grant, key, "luis")
    with pytest.raises(CaseError, match="luis is on its access list"):
        work.do(LUIS, caseload.grant, key, "luis")
    assert len(work.rows(access)) == 2
    work.do(LUIS, caseload.revoke, key, "lena")
    with pytest.raises(CaseError, match="nobody would know"):
        work.do(LUIS, caseload.revoke, key, "luis")
    with work.book.look(LENA, "cases") as look:
        assert caseload.listed(look) == []
    with pytest.raises(NotPermitted):
        work.do(ANNA, caseload.grant, key, "anna")


def test_a_vendor_sees_the_cases_given_to_it_and_no_other(work: Work) -> None:
    given, _ = work.case(ready=False), work.case(ready=False)
    work.do(LENA, caseload.grant, given, "vera")
    with work.book.look(VERA, "cases") as look:
        assert [r["id"] for r in caseload.listed(look)] == [given]
    assert work.do(VERA, caseload.claim_next) == given


def test_a_case_that_changed_since_it_was_read_is_not_changed_again(work: Work) -> None:
    key = work.case(ready=False)

    def twice(change: Change) -> None:
        old = caseload.find(change, key)
        caseload.grade(change, key, Severity.S1, "live drainer")
        change.alter("grade", cases, old, {"severity": "S4"})

    with pytest.raises(StaleCase):
        work.do(ANNA, twice)
    assert (work.row(cases, key)["severity"], work.row(cases, key)["version"]) == ("S2", 1)


def test_a_detour_leads_back_to_where_it_began(work: Work) -> None:
    key = work.case()
    work.do(ANNA, caseload.move, key, "escalate", "Legal has to see it")
    with pytest.raises(IllegalTransition, match="resume"):
        work.do(ANNA, caseload.move, key, "hold", "later")
    work.do(ANNA, caseload.move, key, "resume")
    assert (work.row(cases, key)["state"], work.row(cases, key)["resume"]) == ("pending_decision", "")


@pytest.mark.parametrize("name", ["decide", "propose"])
def test_what_belongs_to_a_decision_is_no_move_of_its_own(work: Work, name: str) -> None:
    key = work.case()
    with pytest.raises(NotPermitted, match="not made by itself"):
        work.do(BOSS, caseload.move, key, name, "because")


def test_a_case_is_closed_with_an_outcome_that_needs_no_decision(work: Work) -> None:
    key = work.case(ready=False)
    work.do(ANNA, caseload.move, key, "investigate")
    with pytest.raises(CaseError, match="no outcome"):
        work.do(ANNA, caseload.move, key, "close", "nothing found")
    with pytest.raises(CaseError, match="only a decision"):
        work.do(ANNA, caseload.conclude, key, Outcome.VIOLATION_CONFIRMED, "clear enough")
    work.do(ANNA, caseload.conclude, key, Outcome.INCONCLUSIVE, "posts are gone")
    work.do(ANNA, caseload.move, key, "close", "posts are gone")
    with pytest.raises(CaseError, match="only a case under investigation"):
        work.do(ANNA, caseload.conclude, key, Outcome.NO_VIOLATION, "fine")
    work.do(ANNA, caseload.move, key, "reopen", "they are back")
    assert work.row(cases, key)["state"] == "reopened"


def test_notes_say_who_is_meant_and_who_may_read_them(work: Work) -> None:
    key = work.case(ready=False)
    text = "@lena and @ada-b: see mail@example.org; @lena again. <b>x</b>"
    assert work.do(ANNA, caseload.write, key, text) == ["ada-b", "lena"]
    work.do(ANNA, caseload.write, key, "We look into it.", public=True)
    assert [(n["author"], n["public"]) for n in work.rows(notes)] == [("anna", False), ("anna", True)]
    with pytest.raises(CaseError, match="empty"):
        work.do(ANNA, caseload.write, key, " \n")
    hidden = work.case(track=Track.MARKET, ready=False)
    with pytest.raises(CaseError, match="nothing of this track is public"):
        work.do(ANNA, caseload.write, hidden, "We look into it.", public=True)


def test_tasks_follow_each_other_and_are_done_once(work: Work) -> None:
    key = work.case(ready=False)
    work.do(ANNA, caseload.set_tasks, key, "shilling", ["read the posts", "check disclosure"])
    work.do(ANNA, caseload.set_tasks, key, "legal", ["ask Legal"])
    assert [(t["place"], t["template"]) for t in work.rows(tasks)] == [(0, "shilling"), (1, "shilling"), (2, "legal")]
    first = work.rows(tasks)[0]["id"]
    work.do(ANNA, caseload.finish, first)
    with pytest.raises(CaseError, match="anna did it"):
        work.do(ADA, caseload.finish, first)


def test_the_newer_words_about_an_account_count(work: Work) -> None:
    key = work.case(ready=False)
    work.do(ANNA, caseload.add_subject, key, Subject("local/onlooker", "amplifier", own_evidence=True))
    found = {r["account"]: (r["role"], r["own_evidence"]) for r in work.rows(subjects)}
    assert found["local/onlooker"] == ("amplifier", True)
    assert len(found) == 4


def test_reading_leaves_its_entry_before_anything_is_given_out(work: Work) -> None:
    key = work.case(ready=False)
    with work.book.look(AUDITOR, "case", key, page="timeline") as look:
        caseload.find(look, key)
    last = work.rows(audit)[-1]
    assert (last["actor"], last["action"], last["subject_id"], last["detail"]) == (
        "otto",
        "read",
        key,
        '{"page":"timeline"}',
    )


def test_nobody_and_nothing_is_refused(work: Work) -> None:
    with pytest.raises(NotPermitted, match="nobody is named"):
        Actor(" ")
    with pytest.raises(CaseError, match="nothing was done"), work.book.change(ANNA):
        pass
    with pytest.raises(CaseError, match="title"):
        work.do(ANNA, caseload.open_case, " ", Severity.S2)
    with pytest.raises(CaseError, match="needs a reason"):
        work.do(ANNA, caseload.grade, work.case(), Severity.S0, "")
    assert not any(BOT.may(judgement) for judgement in JUDGEMENTS)


def test_what_fails_leaves_nothing_behind(work: Work) -> None:
    before = (work.rows(cases), work.rows(audit))

    def half(change: Change) -> None:
        caseload.open_case(change, "half a case", Severity.S2)
        raise RuntimeError("fault")

    with pytest.raises(RuntimeError, match="fault"):
        work.do(ANNA, half)
    assert (work.rows(cases), work.rows(audit)) == before
