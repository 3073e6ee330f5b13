"""Alerts in the casebook, over each database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases import alerts, caseload
from cases.lifecycles import AlertState, Severity
from cases.storage.schema import alerts as rows
from cases.storage.schema import audit, raised
from graph.errors import CaseError, IllegalTransition, NotPermitted
from graph.findings import Priority
from tests.casework import ANNA, RUTH, START, Work, alert

TOMORROW = START + timedelta(days=1)


def taken(work: Work, number: int = 1, **changed: object) -> str:
    from cases.people import system

    key: str = work.do(system("alerts"), alerts.take, alert(number, **changed))  # type: ignore[arg-type]
    return key


def test_the_same_alert_twice_changes_nothing(work: Work) -> None:
    first = taken(work)
    before = work.rows(rows)
    assert taken(work) == first
    assert work.rows(rows) == before
    assert len(work.rows(raised)) == 1
    assert [r["actor"] for r in work.rows(audit)] == ["system:alerts"] * 3
    assert work.rows(audit)[-1]["action"] == "seen again"


def test_a_ring_seen_again_updates_its_alert(work: Work) -> None:
    key = taken(work)
    work.do(ANNA, alerts.triage, key)
    assert taken(work, 2, score=0.9, summary="now 5 accounts", reason="grown") == key
    row = work.row(rows, key)
    assert (row["state"], row["seen"], row["score"], row["summary"]) == ("triaged", 2, 0.9, "now 5 accounts")
    assert row["told"]["id"] == "alert-2"
    assert taken(work, 3, lineage="another") != key
    assert taken(work, 4, detector="sybil") != key


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"score": 0.75}, AlertState.DISMISSED),
        ({"score": 0.85}, AlertState.NEW),
        ({"score": 0.7, "reason": "grown"}, AlertState.NEW),
    ],
)
def test_what_was_dismissed_comes_back_only_with_something_new(
    work: Work, changed: dict[str, object], state: AlertState
) -> None:
    key = taken(work)
    work.do(ANNA, alerts.dismiss, key, "a fan club")
    taken(work, 2, **changed)
    row = work.row(rows, key)
    assert row["state"] == state
    assert (row["dismissed_score"] is None) == (state is AlertState.NEW)


def test_a_dismissal_can_be_taken_back(work: Work) -> None:
    key = taken(work)
    work.do(ANNA, alerts.dismiss, key, "a fan club")
    work.do(ANNA, alerts.restore, key, "the club sells the coin")
    assert work.row(rows, key)["state"] == "new"


def test_a_put_off_alert_returns_when_its_time_has_come(work: Work) -> None:
    key, other = taken(work), taken(work, 2, lineage="other")
    work.do(ANNA, alerts.snooze, key, TOMORROW, "waits for the listing")
    work.do(ANNA, alerts.snooze, other, TOMORROW + timedelta(days=1), "later")
    assert work.do(ANNA, alerts.wake) == []
    work.clock.later(days=1)
    assert work.do(ANNA, alerts.wake) == [key]
    assert {r["id"]: r["state"] for r in work.rows(rows)} == {key: "new", other: "snoozed"}
    with pytest.raises(CaseError, match="has passed"):
        work.do(ANNA, alerts.snooze, key, START, "too late")


def test_many_are_merged_into_one_and_each_can_be_taken_out(work: Work) -> None:
    whole, *parts = (taken(work, n, lineage=f"ring-{n}") for n in range(4))
    work.do(ANNA, alerts.triage, parts[0])
    work.do(ANNA, alerts.merge, parts, whole)
    assert {work.row(rows, p)["merged_into"] for p in parts} == {whole}
    case_id = work.do(ANNA, caseload.open_case, "one", Severity.S2, alert_ids=[whole])
    assert {r["case_id"] for r in work.rows(rows)} == {case_id}
    with pytest.raises(IllegalTransition, match="merged into another"):
        work.do(ANNA, alerts.promote, parts[0], case_id)
    work.do(ANNA, alerts.detach, whole, "wrong case")
    work.do(ANNA, alerts.unmerge, parts[0], "another operator")
    assert {r["case_id"] for r in work.rows(rows)} == {None}
    assert {work.row(rows, k)["state"] for k in (whole, parts[1])} == {"new", "merged"}
    assert (work.row(rows, parts[0])["state"], work.row(rows, parts[0])["merged_into"]) == ("triaged", None)


def test_what_cannot_be_merged(work: Work) -> None:
    one, two, three = (taken(work, n, lineage=f"ring-{n}") for n in range(3))
    with pytest.raises(CaseError, match="cannot take others in"):
        work.do(ANNA, alerts.merge, [one], one)
    work.do(ANNA, alerts.merge, [one], two)
    with pytest.raises(CaseError, match="cannot take others in"):
        work.do(ANNA, alerts.merge, [three], one)
    with pytest.raises(CaseError, match="others are merged into it"):
        work.do(ANNA, alerts.merge, [two], three)


def test_the_most_urgent_come_first(work: Work) -> None:
    urgency = (Priority.LOW, Priority.HIGH, Priority.MEDIUM, Priority.NOTE)
    keys = [taken(work, n, lineage=str(n), priority=p) for n, p in enumerate(urgency)]
    work.do(ANNA, alerts.dismiss, keys[3], "nothing")
    with work.book.look(ANNA, "queue") as look:
        assert [r["id"] for r in alerts.queue(look)] == [keys[1], keys[2], keys[0]]
        assert len(alerts.queue(look, 1)) == 1


def test_pages_of_the_queue_follow_each_other_without_gap_or_repeat(work: Work) -> None:
    ranks = (Priority.LOW, Priority.HIGH, Priority.LOW, Priority.HIGH, Priority.NOTE)
    for n, priority in enumerate(ranks):
        taken(work, n, lineage=str(n), priority=priority, detector="pump" if n == 4 else "shilling")
    with work.book.look(ANNA, "queue") as look:
        whole = [r["id"] for r in alerts.queue(look)]
        seen: list[str] = []
        while page := alerts.queue(look, 2, after=seen[-1] if seen else ""):
            seen += [r["id"] for r in page]
        assert seen == whole
        assert len(whole) == 5
        assert [r["detector"] for r in alerts.queue(look, detector="pump")] == ["pump"]
        assert alerts.queue(look, states=[AlertState.DISMISSED]) == []
        assert alerts.counts(look) == {"new": 5}


def test_only_who_triages_may(work: Work) -> None:
    key = taken(work)
    with pytest.raises(NotPermitted):
        work.do(RUTH, alerts.dismiss, key, "nothing")
    with pytest.raises(CaseError, match="needs a reason"):
        work.do(ANNA, alerts.dismiss, key, " ")
    assert work.row(rows, key)["state"] == "new"
