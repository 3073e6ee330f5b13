"""Clocks of cases, over each database: by severity and calendar, at rest on hold alone, late once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from cases import caseload, containment, decisions
from cases.containment import Containment
from cases.escalation import clocks
from cases.lifecycles import ClockKind, ClockState, Outcome, Severity
from cases.people import system
from cases.storage.escalation import clocks as rows
from cases.storage.schema import audit, cases, outbox
from cases.sweep import sweep
from graph.errors import CaseError
from tests.casework import ADA, ANNA, LENA, START, VERA, Work, draft

ACK, FIRST, FULL = ClockKind


def at(work: Work, key: str, who: Any = ANNA) -> dict[ClockKind, clocks.Clock]:
    with work.book.look(who, "case", key) as look:
        return {c.kind: c for c in clocks.at(look, key)}


def states(work: Work, key: str) -> list[str]:
    return [str(c.state) for c in at(work, key).values()]


@pytest.mark.parametrize(
    ("severity", "dues"),
    [  # it is Monday, 9:00; S0 and S1 run around the clock, the others from nine to five
        (Severity.S0, ["2026-03-02T09:05", "2026-03-02T09:30", "2026-03-02T13:00"]),
        (Severity.S1, ["2026-03-02T09:15", "2026-03-02T13:00"]),
        (Severity.S2, ["2026-03-02T10:00", "2026-03-02T17:00"]),
        (Severity.S3, ["2026-03-02T13:00", "2026-03-04T17:00"]),
        (Severity.S4, ["2026-03-02T17:00", "2026-03-10T17:00"]),
    ],
)
def test_each_severity_has_its_times(work: Work, severity: Severity, dues: list[str]) -> None:
    key = work.case(severity, ready=False)
    assert [c.due_at.strftime("%Y-%m-%dT%H:%M") for c in at(work, key).values() if c.due_at] == dues


def test_a_clock_is_at_risk_from_three_quarters_on_and_then_breached(work: Work) -> None:
    key = work.case(Severity.S1, ready=False)
    for minutes, wanted in ((0, "on_track"), (11, "on_track"), (11.25, "at_risk"), (15, "breached")):
        work.clock.now = START + timedelta(minutes=minutes)
        assert states(work, key)[0] == wanted


@pytest.mark.parametrize(("minutes", "state"), [(14, ClockState.MET), (20, ClockState.BREACHED)])
def test_taking_a_case_acknowledges_it_and_too_late_stays_too_late(work: Work, minutes: int, state: ClockState) -> None:
    key = work.case(Severity.S1, ready=False)
    work.clock.later(minutes=minutes)
    work.do(ANNA, caseload.claim, key)
    assert (at(work, key)[ACK].state, at(work, key)[ACK].done_at) == (state, work.clock.now)
    work.clock.later(hours=100)
    sweep(work.book)
    assert at(work, key)[ACK].state == state


def test_who_gives_it_to_somebody_has_acknowledged_it_too(work: Work) -> None:
    key = work.case(ready=False)
    work.do(LENA, caseload.assign, key, "ada", "knows the ring")
    assert at(work, key)[ACK].state == ClockState.MET
    other = work.case(ready=False)
    work.do(LENA, caseload.release, other)
    assert at(work, other)[ACK].state == ClockState.ON_TRACK


def test_a_decision_and_an_outcome_without_one_end_the_wait(work: Work) -> None:
    decided, concluded, closed = (work.case() for _ in range(3))
    work.do(ANNA, decisions.decide, decided, draft(snapshots=()))
    for key in (concluded, closed):
        work.do(ANNA, caseload.move, key, "investigate")
        work.do(ANNA, caseload.conclude, key, Outcome.NO_VIOLATION, "an official campaign")
    work.do(ANNA, caseload.move, closed, "close", "an official campaign")
    assert [at(work, k)[FIRST].state for k in (decided, concluded, closed)] == [ClockState.MET] * 3
    assert [at(work, k)[ACK].state for k in (decided, closed)] == [ClockState.ON_TRACK, ClockState.MET]


def test_containing_an_emergency_is_its_first_decision_and_not_the_full_one(work: Work) -> None:
    key = work.case(Severity.S0)
    work.do(LENA, containment.contain, key, Containment.BLOCK_LINK, "x.example", "live drainer")
    assert [at(work, key)[k].state for k in (FIRST, FULL)] == [ClockState.MET, ClockState.ON_TRACK]
    proposal = work.do(ANNA, decisions.propose, key, draft(Severity.S0, snapshots=()))
    work.do(LENA, decisions.approve, proposal["id"], proposal["hash"])
    assert at(work, key)[FULL].state == ClockState.MET


def test_it_rests_only_while_the_case_is_on_hold_and_runs_on_with_what_was_left(work: Work) -> None:
    key = work.case(Severity.S2)  # first decision by 17:00
    work.clock.later(hours=5)
    work.do(ANNA, caseload.move, key, "hold", "waits for the sponsor's answer")
    paused = at(work, key)[FIRST]
    assert (paused.paused, paused.why, paused.due_at) == (True, "waits for the sponsor's answer", None)
    work.clock.later(days=3)
    assert sweep(work.book).breached == ()
    with work.book.look(ANNA, "cases") as look:
        assert clocks.by_due(look) == []
    work.do(ANNA, caseload.move, key, "resume")
    assert at(work, key)[FIRST].due_at == datetime(2026, 3, 5, 17, 0, tzinfo=UTC)  # three hours were left
    other = work.case(Severity.S1)
    work.do(ANNA, caseload.move, other, "escalate", "Legal has to see it")
    assert not at(work, other)[FIRST].paused


def test_what_was_late_when_it_was_put_on_hold_is_late_after(work: Work) -> None:
    key = work.case(Severity.S1)
    work.clock.later(hours=5)
    work.do(ANNA, caseload.move, key, "hold", "waits")
    work.clock.later(hours=5)
    work.do(ANNA, caseload.move, key, "resume")
    assert states(work, key) == ["breached", "breached"]


def test_a_new_severity_starts_what_is_not_done_again_with_its_reason(work: Work) -> None:
    key = work.case(Severity.S3, ready=False)
    work.do(ANNA, caseload.claim, key)
    work.clock.later(hours=1)
    work.do(ANNA, caseload.grade, key, Severity.S0, "a live drainer")
    found = at(work, key)
    assert [k.value for k in found] == ["acknowledgement", "first_decision", "full"]
    assert (found[ACK].state, found[ACK].started_at) == (ClockState.MET, START)
    assert (found[FIRST].started_at, found[FIRST].why) == (work.clock.now, "a live drainer")
    assert found[FIRST].due_at == work.clock.now + timedelta(minutes=30)
    ended = [r for r in work.rows(rows) if r["ended_at"]]
    assert [(r["kind"], r["severity"]) for r in ended] == [("first_decision", "S3")]
    work.clock.later(minutes=10)
    work.do(ANNA, caseload.grade, key, Severity.S0, "said again")
    assert at(work, key)[FIRST] == found[FIRST], "the same severity gives no more time"


def test_a_new_severity_on_hold_or_after_a_decision(work: Work) -> None:
    key = work.case(Severity.S3)
    work.do(ANNA, caseload.move, key, "hold", "waits")
    work.do(ANNA, caseload.grade, key, Severity.S2, "more accounts")
    assert all(c.paused for c in at(work, key).values())
    work.do(ANNA, caseload.move, key, "resume")
    assert at(work, key)[FIRST].due_at == START + timedelta(hours=8)
    decided = work.case()
    work.do(ANNA, decisions.decide, decided, draft(snapshots=()))
    work.do(ANNA, caseload.grade, decided, Severity.S1, "worse than it looked")
    assert at(work, decided)[FIRST].state == ClockState.MET


def test_a_reopened_case_begins_anew(work: Work) -> None:
    key = work.case(ready=False)
    work.do(ANNA, caseload.move, key, "investigate")
    work.do(ANNA, caseload.conclude, key, Outcome.INCONCLUSIVE, "posts are gone")
    work.do(ANNA, caseload.move, key, "close", "posts are gone")
    work.clock.later(days=1)
    work.do(ANNA, caseload.move, key, "reopen", "they are back")
    assert {c.started_at for c in at(work, key).values() if c.done_at is None} == {work.clock.now}


def test_each_is_said_once_and_to_whom(work: Work) -> None:
    key = work.case(Severity.S1, ready=False)
    work.do(ANNA, caseload.claim, key)
    other = work.case(Severity.S1, ready=False)
    said: list[tuple[int, int]] = []
    for _ in range(6):
        work.clock.later(hours=1)
        for _ in range(2):
            swept = sweep(work.book)
            said.append((len(swept.at_risk), len(swept.breached)))
    assert said == [(0, 1), (0, 0), (0, 0), (0, 0), (2, 0), (0, 0), (0, 2), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]
    told = [orjson.loads(m["payload"]) for m in work.rows(outbox)]
    assert {(m["topic"], m["case"], m["clock"], tuple(m["page"])) for m in told} == {
        ("breached", other, "acknowledgement", ()),
        *((t, k, "first_decision", p) for t in ("at_risk", "breached") for k, p in ((key, ("anna",)), (other, ()))),
    }
    steps = [(e["actor"], e["action"]) for e in work.rows(audit) if e["subject"] == "clock" and e["action"] != "start"]
    assert steps.count(("system:sweep", "warn")) == 2
    assert steps.count(("system:sweep", "breach")) == 3


def test_queues_go_by_what_is_due_first(work: Work) -> None:
    slow, fast, middle = (work.case(s, ready=False) for s in (Severity.S4, Severity.S1, Severity.S2))
    hidden = work.case(Severity.S0, ready=False, restricted=True, by=ADA)
    with work.book.look(ANNA, "cases") as look:
        found = clocks.by_due(look)
        assert [r["id"] for r in found] == [fast, middle, slow]
        assert [r["clock"] for r in found] == ["acknowledgement"] * 3
        pages = [clocks.by_due(look, 1, after=after) for after in ("", fast, middle, slow)]
        assert [[r["id"] for r in page] for page in pages] == [[fast], [middle], [slow], []]
        assert [r["id"] for r in clocks.by_due(look, before=START + timedelta(minutes=30))] == [fast]
        with pytest.raises(CaseError, match="no case"):
            clocks.at(look, hidden)
    with work.book.look(ADA, "cases") as look:
        assert clocks.by_due(look, 1)[0]["id"] == hidden
    with work.book.look(VERA, "cases") as look:
        assert clocks.by_due(look) == []
    work.do(ANNA, caseload.claim, fast)
    with work.book.look(ANNA, "cases") as look:
        assert [r["id"] for r in clocks.by_due(look)] == [middle, fast, slow]
    for done in (fast,):
        work.do(ANNA, caseload.move, done, "investigate")
        work.do(ANNA, caseload.conclude, done, Outcome.DUPLICATE, "the same ring")
    with work.book.look(ANNA, "cases") as look:
        assert [r["id"] for r in clocks.by_due(look)] == [middle, slow]
        assert clocks.by_due(look, after=fast) == []


def test_the_queue_by_due_time_has_its_index(work: Work) -> None:
    plan = "EXPLAIN QUERY PLAN" if work.book.database.kind == "sqlite" else "EXPLAIN"
    flag = "nearest = 1" if work.book.database.kind == "sqlite" else "nearest"
    with work.book.database.writing() as connection:
        if work.book.database.kind != "sqlite":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        query = f"{plan} SELECT case_id FROM clocks WHERE {flag} ORDER BY due_at, case_id LIMIT 50"
        assert "ix_clocks_nearest" in str(connection.execute(text(query)).all())


def test_a_case_that_only_its_list_knows_of_is_told_to_that_list_alone(work: Work) -> None:
    key = work.case(Severity.S1, ready=False, restricted=True)
    work.clock.later(hours=5)
    sweep(work.book)
    assert {tuple(orjson.loads(m["payload"])["page"]) for m in work.rows(outbox)} == {("anna",)}
    assert key in str(work.rows(outbox))
    assert work.row(cases, key)["title"] not in str(work.rows(outbox))


def test_a_claim_during_a_sweep_waits_for_it_and_is_made(work: Work) -> None:
    key = work.case(Severity.S1, ready=False)
    work.clock.later(minutes=20)
    failed: list[Exception] = []

    def claim() -> None:
        try:
            work.do(ANNA, caseload.claim, key)
        except Exception as error:  # noqa: BLE001 - a thread's error is the test's
            failed.append(error)

    thread = threading.Thread(target=claim)
    with work.book.change(system("sweep")) as change:
        assert len(clocks.raise_due(change)["breached"]) == 1
        thread.start()
    thread.join()
    assert failed == []
    assert work.row(cases, key)["assignee"] == "anna"
    assert (at(work, key)[ACK].state, at(work, key)[ACK].done_at) == (ClockState.BREACHED, work.clock.now)


def test_two_sweeps_at_once_say_it_once(work: Work) -> None:
    work.case(Severity.S1, ready=False)
    work.clock.later(hours=1)
    with work.book.change(system("sweep")) as change:
        assert len(clocks.raise_due(change)["breached"]) == 1
        assert clocks.raise_due(change)["breached"] == []
