"""The head of a case: severity, state, holder, track, and the moves that can be made from here."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from cases import caseload
from cases.casefile import CaseFile
from cases.escalation.clocks import clock_of
from cases.lifecycles import CASE, CaseState, Outcome, Severity
from cases.machine import Move
from cases.mine import called
from cases.privacy import tlp
from cases.privacy.tlp import Tlp
from cases.roles import Permission, Role
from dashboard import clocks, times
from dashboard.desk import Desk
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line, visible

WORDS = {
    "investigate": "Investigate",
    "ready": "Ready to decide",
    "correct": "Correct the decision",
    "watch": "Watch",
    "close": "Close",
    "reopen": "Reopen",
    "escalate": "Escalate",
    "hold": "Put on hold",
    "resume": "Go on",
}
_NEXT = frozenset({"investigate", "ready", "resume"})
_OUTCOMES = [Outcome.NO_VIOLATION, Outcome.INCONCLUSIVE, Outcome.DUPLICATE]


def show(at: Desk, file: CaseFile) -> None:
    """Draw the head."""
    row = file.case
    st.container(key="case-title").text(visible(row["title"]))
    holder = called(row["assignee"]) if row["assignee"] else "nobody"
    now = datetime.now(UTC)
    facts = [
        f"Severity {row['severity']}",
        row["state"].replace("_", " "),
        f"held by {one_line(holder, 60)}",
        f"TLP:{row['tlp']}",
        f"{row['track']} track" + (", restricted" if row["restricted"] else ""),
        f"opened {times.age(row['opened_at'], now)} by {one_line(called(row['opened_by']), 60)}",
        *([f"outcome: {row['outcome'].replace('_', ' ')}"] if row["outcome"] else []),
    ]
    st.container(key="case-facts").text(" · ".join(facts))
    _clocks(file, now)
    st.caption(f"Case {row['id']}")
    if at.actor.may(Permission.WORK):
        _moves(at, file)


def _clocks(file: CaseFile, now: datetime) -> None:
    running = [clock_of(c, now) for c in file.clocks if c["ended_at"] is None]
    if running:
        with st.container(horizontal=True, key="case-clocks"):
            for clock in running:
                words, colour = clocks.badge(clock, now)
                st.badge(words, color=colour, icon=":material/timer:")


def _moves(at: Desk, file: CaseFile) -> None:
    row = file.case
    ways = [m for m in CASE.ways(row["state"]) if m.needs is not None and at.actor.may(m.needs) and m.name in WORDS]
    with st.container(horizontal=True, key="case-moves"):
        _holding(at, file)
        for move in ways:
            _move(file, move)
        with st.popover("Severity, mark, outcome", icon=":material/tune:"):
            _grade(file)
            _mark(at, file)
            if row["state"] == CaseState.INVESTIGATING:
                _conclude(file)


def _holding(at: Desk, file: CaseFile) -> None:
    row = file.case
    key = str(row["id"])
    if row["assignee"] is None:
        if st.button("Take it", key="claim", type="primary", icon=":material/front_hand:") and acting.did(
            caseload.claim, key
        ):
            acting.over("It is yours.")
    elif row["assignee"] == at.actor.name or Role.LEAD in at.actor.roles:
        with st.popover("Hand over", icon=":material/swap_horiz:"), st.form("assign", border=False):
            person = st.text_input("To whom (the name that the trail keeps); empty: give it back", max_chars=200)
            why = st.text_input("Why", max_chars=1_000, key="assign-why")
            if st.form_submit_button("Hand it over"):
                done = (
                    acting.did(caseload.assign, key, person.strip(), why)
                    if person.strip()
                    else acting.did(caseload.release, key, why)
                )
                if done:
                    acting.over("It was handed over." if person.strip() else "It was given back.")


def _move(file: CaseFile, move: Move) -> None:
    key, words = str(file.case["id"]), WORDS[move.name]
    if move.name == "close" and not file.case["outcome"]:
        return  # an outcome first: the button beside says it
    if not move.reason:
        pressed = st.button(words, key=f"move-{move.name}", type="primary" if move.name in _NEXT else "secondary")
        if pressed and acting.did(caseload.move, key, move.name):
            acting.over(f"Done: {words.lower()}.")
        return
    with st.popover(words), st.form(f"move-{move.name}-form", border=False):
        why = st.text_input("Why", max_chars=1_000, key=f"why-{move.name}")
        if st.form_submit_button(words) and acting.did(caseload.move, key, move.name, why):
            acting.over(f"Done: {words.lower()}.")


def _grade(file: CaseFile) -> None:
    key, now = str(file.case["id"]), Severity(file.case["severity"])
    with st.form("grade", border=False):
        severity = st.selectbox("Severity", list(Severity), list(Severity).index(now), key="grade-to")
        why = st.text_input("Why", max_chars=1_000, key="grade-why")
        if st.form_submit_button("Change the severity") and acting.did(caseload.grade, key, severity, why):
            acting.over(f"It is of severity {severity} now.")


def _mark(at: Desk, file: CaseFile) -> None:
    key, now = str(file.case["id"]), tlp.of(file.case["tlp"])
    looser = at.actor.may(Permission.GRANT)
    marks = [m for m in Tlp if looser or m.strictness >= now.strictness]
    with st.form("mark", border=False):
        mark = st.selectbox("How far it may go (TLP 2.0)", marks, marks.index(now), key="mark-to")
        why = st.text_input("Why", max_chars=1_000, key="mark-why")
        if st.form_submit_button("Change the mark") and acting.did(tlp.mark, key, mark, why):
            acting.over(f"It is marked TLP:{mark} now.")


def _conclude(file: CaseFile) -> None:
    key = str(file.case["id"])
    with st.form("conclude", border=False):
        outcome = st.selectbox(
            "Outcome without a decision", _OUTCOMES, format_func=lambda o: o.replace("_", " "), key="conclude-to"
        )
        why = st.text_input("Why", max_chars=1_000, key="conclude-why")
        if st.form_submit_button("Say the outcome") and acting.did(caseload.conclude, key, outcome, why):
            acting.over("The outcome is said; the case can be closed.")
