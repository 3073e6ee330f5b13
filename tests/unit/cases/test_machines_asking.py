"""What each move of a state machine asks: who may make it, whether a reason is written, whether there is a way back."""

from __future__ import annotations

import pytest

from cases.lifecycles import ACTION, ALERT, APPEAL, CASE, CLOCK, CONTAINMENT, EMERGENCY, HANDOFF, MACHINES, PROPOSAL
from cases.machine import Machine

# permission (- where only the program makes the move, as a part of something else), then: r a reason, d a detour
ASKED = {
    ALERT.name: {
        "triage": "triage",
        "snooze": "triage r",
        "wake": "-",
        "dismiss": "triage r",
        "return": "- r",
        "restore": "triage r",
        "merge": "triage d",
        "unmerge": "triage r",
        "promote": "work d",
        "detach": "work r",
    },
    CASE.name: {
        "investigate": "work",
        "ready": "work",
        "propose": "-",
        "decide": "-",
        "approve": "-",
        "refuse": "-",
        "correct": "propose r",
        "enforce": "-",
        "watch": "work",
        "close": "work r",
        "reopen": "work r",
        "escalate": "work rd",
        "hold": "work rd",
        "resume": "work",
    },
    APPEAL.name: {
        "acknowledge": "appeals",
        "assign": "appeals",
        "uphold": "appeals r",
        "reverse": "appeals r",
        "reverse_partly": "appeals r",
        "omit": "appeals r",
    },
    PROPOSAL.name: {"approve": "approve", "refuse": "approve r", "withdraw": "propose r", "expire": "-"},
    ACTION.name: {"send": "-", "confirm": "-", "reverse": "- r"},
    CONTAINMENT.name: {"approve": "approve", "page": "-", "release": "contain r", "lapse": "- r"},
    CLOCK.name: {"warn": "-", "breach": "-", "meet": "-", "meet_late": "-"},
    HANDOFF.name: {
        "accept": "cases",
        "answer": "cases",
        "give_back": "cases r",
        "ask_again": "work",
        "withdraw": "work r",
    },
    EMERGENCY.name: {"contain": "work", "resolve": "work r", "stand_down": "work r", "review": "work"},
}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_what_each_move_asks(machine: Machine) -> None:
    told = {
        m.name: f"{m.needs or '-'} {'r' * m.reason}{'d' * m.detour}".rstrip()
        for state in machine.states
        for m in machine.ways(state)
    }
    assert told == ASKED[machine.name]


def test_what_is_a_judgement_about_people_is_never_the_programs_own_move() -> None:
    judged = {"approve", "refuse", "withdraw"}
    assert all(m.needs is not None for m in PROPOSAL.moves if m.name in judged)
    assert all(m.needs is not None for m in APPEAL.moves)
