"""The tables of states: each move and each refusal, and that nothing is enforced that nobody decided."""

from __future__ import annotations

import pytest

from cases.lifecycles import (
    ACTION,
    ALERT,
    APPEAL,
    CASE,
    CLOCK,
    CONTAINMENT,
    EMERGENCY,
    HANDOFF,
    MACHINES,
    PROPOSAL,
    CaseState,
    ContainmentState,
)
from cases.machine import BACK, Machine, reason_of
from graph.errors import CaseError, IllegalTransition

WORDS = {
    "new": "triage>triaged snooze>snoozed dismiss>dismissed merge>merged promote>promoted",
    "triaged": "snooze>snoozed dismiss>dismissed merge>merged promote>promoted",
    "snoozed": "triage>triaged wake>new dismiss>dismissed merge>merged promote>promoted",
    "dismissed": "return>new restore>new",
    "merged": "unmerge>",
    "promoted": "detach>",
}
DETOURS = "escalate>escalated hold>on_hold"
CASES = {
    "open": f"investigate>investigating {DETOURS}",
    "investigating": f"ready>pending_decision close>closed {DETOURS}",
    "pending_decision": f"investigate>investigating propose>pending_approval decide>decided {DETOURS}",
    "pending_approval": "approve>decided refuse>pending_decision",
    "decided": f"correct>pending_decision enforce>enforced watch>monitoring close>closed {DETOURS}",
    "enforced": f"correct>pending_decision watch>monitoring close>closed {DETOURS}",
    "monitoring": f"correct>pending_decision close>closed reopen>reopened {DETOURS}",
    "closed": "correct>pending_decision reopen>reopened",
    "reopened": f"investigate>investigating {DETOURS}",
    "escalated": "resume>",
    "on_hold": "resume>",
}
APPEALS = {
    "received": "acknowledge>acknowledged",
    "acknowledged": "assign>assigned",
    "assigned": "assign>assigned uphold>upheld reverse>reversed reverse_partly>partially_reversed omit>omitted",
} | dict.fromkeys(("upheld", "reversed", "partially_reversed", "omitted"), "")
PROPOSALS = {"proposed": "approve>approved refuse>refused withdraw>withdrawn expire>expired"} | dict.fromkeys(
    ("approved", "refused", "withdrawn", "expired"), ""
)
ACTIONS = {
    "decided": "send>sent reverse>reversed",
    "sent": "confirm>confirmed reverse>reversed",
    "confirmed": "reverse>reversed",
    "reversed": "",
}
CONTAINMENTS = {
    "contained": "approve>approved page>paged release>released lapse>released",
    "paged": "approve>approved release>released lapse>released",
    "approved": "release>released",
    "released": "",
}
CLOCKS = {
    "on_track": "warn>at_risk breach>breached meet>met meet_late>breached",
    "at_risk": "breach>breached meet>met meet_late>breached",
    "breached": "meet_late>breached",
    "met": "",
}
HANDOFFS = {
    "requested": "accept>accepted answer>answered give_back>returned withdraw>withdrawn",
    "accepted": "answer>answered give_back>returned withdraw>withdrawn",
    "returned": "ask_again>requested withdraw>withdrawn",
    "answered": "",
    "withdrawn": "",
}
EMERGENCIES = {
    "declared": "contain>contained stand_down>stood_down",
    "contained": "resolve>resolved stand_down>stood_down",
    "resolved": "review>reviewed",
    "stood_down": "review>reviewed",
    "reviewed": "",
}
TABLES = [
    (ALERT, WORDS),
    (CASE, CASES),
    (APPEAL, APPEALS),
    (PROPOSAL, PROPOSALS),
    (ACTION, ACTIONS),
    (CONTAINMENT, CONTAINMENTS),
    (CLOCK, CLOCKS),
    (HANDOFF, HANDOFFS),
    (EMERGENCY, EMERGENCIES),
]


def told(machine: Machine) -> dict[str, set[str]]:
    return {str(s): {f"{m.name}>{m.target}" for m in machine.ways(s)} for s in machine.states}


@pytest.mark.parametrize(("machine", "table"), TABLES, ids=lambda x: x.name if isinstance(x, Machine) else "")
def test_every_move_and_no_other(machine: Machine, table: dict[str, str]) -> None:
    assert told(machine) == {state: set(ways.split()) for state, ways in table.items()}


def test_every_machine_is_in_a_table() -> None:
    assert {m.name for m in MACHINES} == {m.name for m, _ in TABLES}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_every_state_is_reached_and_only_ends_have_no_way_on(machine: Machine) -> None:
    assert reached(machine, frozenset()) == machine.states
    assert {s for s in machine.states if not machine.ways(s)} == machine.ends


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_every_other_move_is_refused_with_what_is_possible(machine: Machine) -> None:
    names = {m.name for m in machine.moves} | {"no such move"}
    for state in machine.states:
        for name in names - {m.name for m in machine.ways(state)}:
            with pytest.raises(IllegalTransition) as refused:
                machine.move(state, name, "here")
            assert state in refused.value.message
            assert all(m.name in refused.value.hint for m in machine.ways(state))


def test_nothing_is_enforced_without_a_decision() -> None:
    assert CaseState.ENFORCED not in reached(CASE, frozenset({"decide", "approve"}))
    assert {m.name for m in CASE.moves if m.target == CaseState.DECIDED} == {"decide", "approve"}
    assert all(m.needs is None for m in CASE.moves if m.name in {"decide", "approve", "enforce", "propose"})


def test_an_emergency_measure_always_has_a_way_back() -> None:
    for state in CONTAINMENT.states - CONTAINMENT.ends:
        assert ContainmentState.RELEASED in {m.target for m in CONTAINMENT.ways(state)}


def test_a_reason_is_more_than_spaces() -> None:
    hold = CASE.move(CaseState.OPEN, "hold")
    assert reason_of(hold, "  waits for the lab ") == "waits for the lab"
    with pytest.raises(CaseError, match="needs a reason"):
        reason_of(hold, "  ")


def reached(machine: Machine, without: frozenset[str]) -> frozenset[str]:
    """States that can be reached, detours and their way back included, without some moves."""
    found: set[str] = set()
    waiting: list[tuple[str, str]] = [(machine.first, "")]
    seen = set(waiting)
    while waiting:
        state, resume = waiting.pop()
        found.add(str(state))
        for move in machine.ways(state):
            if move.name in without:
                continue
            on = (resume, "") if move.target == BACK else (move.target, state if move.detour else resume)
            if on not in seen:
                seen.add(on)
                waiting.append(on)
    return frozenset(found)
