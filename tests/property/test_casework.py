"""Whatever people do, in whatever order: nothing is enforced that was not decided, by two where two are needed."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cases import appeals, caseload, containment, decisions
from cases.containment import Containment
from cases.drafts import Measure, draft_from, grounds_for_approval
from cases.escalation import handoffs, playbook, releases
from cases.escalation.office import default
from cases.escalation.releases import Step
from cases.lifecycles import AppealState, CaseState, ClockState, Severity
from cases.people import Actor
from cases.roles import Role
from cases.storage.escalation import clocks, emergencies, lots
from cases.storage.escalation import handoffs as handoff_rows
from cases.storage.escalation import releases as release_rows
from cases.storage.schema import actions, cases, outbox, proposals
from cases.storage.schema import appeals as appeal_rows
from cases.storage.schema import containments as containment_rows
from cases.storage.schema import decisions as decision_rows
from cases.sweep import sweep
from graph.errors import CaseError
from tests import casework
from tests.casework import ACCOUNTS, ANNA, BOSS, BOT, LENA, LUIS, RUTH, Work, draft

PEOPLE = st.sampled_from([ANNA, BOSS, BOT, LENA, LUIS, RUTH])
MOVES = st.sampled_from(
    ["investigate", "ready", "correct", "watch", "close", "reopen", "escalate", "hold", "resume", "enforce", "decide"]
)
DRAFTS = st.builds(
    draft,
    st.sampled_from([Severity.S0, Severity.S1, Severity.S2]),
    st.sampled_from([Measure.DEMOTE_CONTENT, Measure.SUSPEND_ACCOUNT, Measure.TERMINATE_ACCOUNT]),
)
LEGAL = {"question": "May we?", "track": "platform", "jurisdictions": "DE", "snapshot": "ab" * 32}
LORA = Actor("lora", frozenset({Role.LEGAL}))
ANSWERS = st.sampled_from([AppealState.UPHELD, AppealState.REVERSED, AppealState.OMITTED])


class Casework(RuleBasedStateMachine):
    """One case, and anybody who tries anything with it; what is refused leaves it as it was."""

    work: Work
    case_id: str

    @initialize(severity=st.sampled_from([Severity.S0, Severity.S2]), lot=st.lists(st.floats(0, 0.99), max_size=9))
    def begin(self, severity: Severity, lot: list[float]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.work = casework.opened(casework.sqlite_url(Path(self.folder.name)))
        self.work.book.office = replace(default(), release_share=0.5, draw=lambda: lot.pop() if lot else 0.99)
        self.case_id = self.work.case(severity)

    def teardown(self) -> None:
        if hasattr(self, "work"):
            assert self.work.wrong() == []
            self.work.book.close()
            self.folder.cleanup()

    def attempt(self, who: Any, step: Callable[..., Any], *args: Any) -> None:
        before = self.work.rows(cases)
        try:
            self.work.do(who, step, *args)
        except CaseError:
            assert self.work.rows(cases) == before

    def any_of(self, table: Any, number: int) -> dict[str, Any] | None:
        found = self.work.rows(table)
        return found[number % len(found)] if found else None

    @rule(who=PEOPLE, name=MOVES)
    def move(self, who: Any, name: str) -> None:
        self.attempt(who, caseload.move, self.case_id, name, "why")

    @rule(who=PEOPLE, told=DRAFTS)
    def decide(self, who: Any, told: Any) -> None:
        self.attempt(who, decisions.decide, self.case_id, told)

    @rule(who=PEOPLE, told=DRAFTS)
    def propose(self, who: Any, told: Any) -> None:
        self.attempt(who, decisions.propose, self.case_id, told)

    @rule(one=PEOPLE, other=PEOPLE, told=DRAFTS)
    def propose_and_answer(self, one: Any, other: Any, told: Any) -> None:
        self.attempt(one, decisions.propose, self.case_id, told)
        for proposal in self.work.rows(proposals):
            self.attempt(other, decisions.approve, proposal["id"], proposal["hash"])

    @rule(who=PEOPLE, way=st.sampled_from([decisions.approve, appeals.approve]), number=st.integers(0, 9))
    def approve(self, who: Any, way: Callable[..., Any], number: int) -> None:
        if proposal := self.any_of(proposals, number):
            self.attempt(who, way, proposal["id"], proposal["hash"])

    @rule(who=PEOPLE, number=st.integers(0, 9))
    def refuse(self, who: Any, number: int) -> None:
        if proposal := self.any_of(proposals, number):
            self.attempt(who, decisions.refuse, proposal["id"], "not yet")

    @rule(who=PEOPLE)
    def enforce(self, who: Any) -> None:
        self.attempt(who, decisions.enforce, self.case_id)

    @rule(who=st.sampled_from([LUIS, RUTH]), reviewer=PEOPLE)
    def appeal(self, who: Any, reviewer: Any) -> None:
        for decision in self.work.rows(decision_rows):
            self.attempt(who, appeals.receive, decision["id"], "local/a1", "no")
        for appeal in self.work.rows(appeal_rows):
            self.attempt(who, appeals.acknowledge, appeal["id"])
            self.attempt(who, appeals.assign, appeal["id"], reviewer.name)

    @rule(who=PEOPLE, answer=ANSWERS, way=st.sampled_from([appeals.resolve, appeals.propose]), number=st.integers(0, 9))
    def answer(self, who: Any, answer: AppealState, way: Callable[..., Any], number: int) -> None:
        if appeal := self.any_of(appeal_rows, number):
            self.attempt(who, way, appeal["id"], answer, "why")

    @rule(who=PEOPLE, kind=st.sampled_from(list(Containment)))
    def contain(self, who: Any, kind: Containment) -> None:
        self.attempt(who, containment.contain, self.case_id, kind, ACCOUNTS[0], "live drainer")

    @rule(who=st.sampled_from([ANNA, BOSS, BOT, LORA]), number=st.integers(0, 9), step=st.sampled_from(list(Step)))
    def release(self, who: Any, number: int, step: Step) -> None:
        table = appeal_rows if step is Step.ANSWER else decision_rows
        if about := self.any_of(table, number):
            self.attempt(who, releases.release, self.case_id, step, about["id"], "nothing stands against it")

    @rule(who=st.sampled_from([ANNA, BOT, LORA]), severity=st.sampled_from(list(Severity)))
    def grade(self, who: Any, severity: Severity) -> None:
        self.attempt(who, caseload.grade, self.case_id, severity, "why")

    @rule(one=PEOPLE, other=st.sampled_from([ANNA, BOT, LORA]), way=st.sampled_from(["accept", "answer", "give_back"]))
    def hand_over(self, one: Any, other: Any, way: str) -> None:
        if not [h for h in self.work.rows(handoff_rows) if h["state"] == "requested"]:
            self.attempt(one, handoffs.request, self.case_id, "legal", LEGAL)
        for row in self.work.rows(handoff_rows):
            self.attempt(other, getattr(handoffs, way), row["id"], *([] if way == "accept" else ["words"]))

    @rule(who=PEOPLE, way=st.sampled_from(["contained", "resolve", "stand_down"]))
    def emergency(self, who: Any, way: str) -> None:
        self.attempt(who, playbook.declare, self.case_id, "drainer", "live drainer")
        for row in self.work.rows(emergencies):
            if way == "contained":
                self.work.do(ANNA, playbook.log, row["id"], "at it")
            else:
                self.attempt(who, getattr(playbook, way), row["id"], "over")

    @rule(hours=st.sampled_from([1, 5, 25]))
    def wait(self, hours: int) -> None:
        self.work.clock.later(hours=hours)
        sweep(self.work.book)

    @invariant()
    def what_went_out_was_decided(self) -> None:
        if not hasattr(self, "work"):
            return
        made = {d["id"]: d for d in self.work.rows(decision_rows)}
        known = {a["id"]: a for a in self.work.rows(actions)}
        for message in self.work.rows(outbox):
            if message["topic"] == "enforce":
                assert known[orjson.loads(message["payload"])["action"]]["decision_id"] in made
        for decision in made.values():
            if grounds_for_approval(draft_from(decision["content"])) and decision["outcome"] != "no_violation":
                assert decision["approved_by"] not in {None, decision["decided_by"], "bot"}
        for row in self.work.rows(cases):
            resting = row["resume"] or row["state"]
            assert made or resting not in {CaseState.DECIDED, CaseState.ENFORCED}

    @invariant()
    def what_waits_for_legal_went_out_after_its_release_alone(self) -> None:
        if not hasattr(self, "work"):
            return
        held = {r["id"] for r in self.work.rows(lots) if r["held"]}
        released = {f"{r['step']}-{r['about']}" for r in self.work.rows(release_rows)}
        assert {r["released_by"] for r in self.work.rows(release_rows)} <= {"lora", "boss"}
        for message in self.work.rows(outbox):
            if message["topic"] == "enforce":
                assert f"enforce-{orjson.loads(message['payload'])['decision']}" not in held - released
        for appeal in self.work.rows(appeal_rows):
            assert appeal["resolved_at"] is None or f"answer-{appeal['id']}" not in held - released

    @invariant()
    def clocks_are_right(self) -> None:
        if not hasattr(self, "work"):
            return
        running = [c for c in self.work.rows(clocks) if c["done_at"] is None and c["ended_at"] is None]
        assert set(Counter(c["kind"] for c in running).values()) <= {1}
        (case,) = self.work.rows(cases)
        assert all((c["due_at"] is None) == (case["state"] == CaseState.ON_HOLD) for c in running)
        due = [c["due_at"] for c in running if c["due_at"]]
        assert [c["due_at"] for c in self.work.rows(clocks) if c["nearest"]] == ([min(due)] if due else [])
        for clock in self.work.rows(clocks):
            if clock["done_at"] is not None and clock["due_at"] is not None:
                assert (clock["state"] == ClockState.MET) <= (clock["done_at"] <= clock["due_at"])

    @invariant()
    def nobody_answers_their_own(self) -> None:
        if not hasattr(self, "work"):
            return
        made = {d["id"]: d for d in self.work.rows(decision_rows)}
        for appeal in self.work.rows(appeal_rows):
            decision = made[appeal["decision_id"]]
            assert appeal["reviewer"] not in {decision["decided_by"], decision["approved_by"]} - {None}
        for measure in self.work.rows(containment_rows):
            assert measure["opened_by"] in {"lena", "luis", "boss"}
            assert measure["approved_by"] != measure["opened_by"]


TestCasework = Casework.TestCase
TestCasework.settings = settings(max_examples=40, stateful_step_count=30)
