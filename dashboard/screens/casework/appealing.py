"""Appeals against a case's decision: received, given to a reviewer who did not decide it, answered once."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import RowMapping

from cases import appeals
from cases.casefile import CaseFile
from cases.drafts import draft_from
from cases.lifecycles import APPEAL, AppealState, ProposalState, Severity
from cases.mine import called
from cases.roles import Permission
from dashboard import decisions as telling
from dashboard import times
from dashboard.desk import Desk
from dashboard.screens.casework import approving
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line, visible

_ANSWERS = [AppealState.UPHELD, AppealState.PARTIALLY_REVERSED, AppealState.REVERSED, AppealState.OMITTED]
_WORDS = {
    AppealState.UPHELD: "The decision stands",
    AppealState.PARTIALLY_REVERSED: "Partly reversed",
    AppealState.REVERSED: "Reversed",
    AppealState.OMITTED: "Not decided (withdrawn, or not admissible)",
}


def show(at: Desk, file: CaseFile) -> None:
    """Draw the appeals, what can be done with each, and the form for a new one."""
    for proposal in file.proposals:
        if proposal["state"] == ProposalState.PROPOSED and proposal["kind"] == appeals.KIND:
            approving.show(at, proposal)
    for row in reversed(file.appeals):
        _one(at, file, row)
    if not file.appeals:
        st.caption("Nobody has appealed.")
    if file.decision is not None and at.actor.may(Permission.APPEALS):
        with st.expander("Take an appeal in", icon=":material/add:"), st.form("receive-appeal", clear_on_submit=True):
            who = st.text_input("Who appeals: the account, or who notified", max_chars=200, key="appellant")
            text = st.text_area("What they say", max_chars=10_000, key="appeal-text")
            if st.form_submit_button("Take it in") and acting.did(
                appeals.receive, str(file.decision["id"]), who.strip(), text
            ):
                acting.over("The appeal is taken in; the clock runs.")


def _one(at: Desk, file: CaseFile, row: RowMapping) -> None:
    with st.container(border=True, key=f"appeal-{row['id']}"):
        reviewer = f" · reviewed by {one_line(called(row['reviewer']), 60)}" if row["reviewer"] else ""
        st.text(
            f"{one_line(row['appellant'], 100)} · {telling.words(row['state'])}{reviewer}"
            f" · received {times.second(row['received_at'], st.context.timezone)}"
        )
        st.text(visible(row["text"]))
        if row["reason"]:
            st.text(f"Answer: {visible(row['reason'])}")
        if at.actor.may(Permission.APPEALS) and row["state"] not in APPEAL.ends:
            _steps(at, file, row)


def _steps(at: Desk, file: CaseFile, row: RowMapping) -> None:
    key = str(row["id"])
    if row["state"] == AppealState.RECEIVED:
        if st.button("Acknowledge", key=f"ack-{key}", type="primary") and acting.did(appeals.acknowledge, key):
            acting.over("It is acknowledged.")
        return
    if row["reviewer"] != at.actor.name:
        with st.container(horizontal=True):
            if st.button("Review it", key=f"take-{key}", icon=":material/front_hand:") and acting.did(
                appeals.assign, key, at.actor.name
            ):
                acting.over("It is yours to review.")
            with st.popover("Give it to somebody"), st.form(f"give-{key}", border=False):
                person = st.text_input("To whom (the name that the trail keeps)", max_chars=200, key=f"give-to-{key}")
                if st.form_submit_button("Give it") and acting.did(appeals.assign, key, person.strip()):
                    acting.over("It was given to a reviewer.")
        return
    _answer(file, row)


def _answer(file: CaseFile, row: RowMapping) -> None:
    key = str(row["id"])
    decision = next((d for d in file.decisions if d["id"] == row["decision_id"]), None)
    if decision is None:
        return
    two = decision["severity"] <= Severity.S1
    outcome = st.selectbox("Answer", _ANSWERS, format_func=_WORDS.__getitem__, key=f"answer-{key}")
    with st.form(f"answer-form-{key}"):
        reverse: list[str] = []
        if outcome is AppealState.PARTIALLY_REVERSED:
            subjects = [a.subject for a in draft_from(decision["content"]).actions]
            reverse = st.multiselect(
                "What is taken back", subjects, format_func=lambda s: one_line(s, 80), key=f"reverse-{key}"
            )
        why = st.text_area("Why, as the appellant will read it", max_chars=5_000, key=f"answer-why-{key}")
        reverses = outcome in {AppealState.REVERSED, AppealState.PARTIALLY_REVERSED}
        proposes = two and reverses
        sent = st.form_submit_button("Propose it to a second person" if proposes else "Answer", type="primary")
    if proposes:
        st.caption(f"A decision of severity {decision['severity']} is reversed by two.")
    if sent:
        step = appeals.propose if proposes else appeals.resolve
        if acting.did(step, key, outcome, why, reverse=reverse) is not None:
            acting.over("It is proposed." if proposes else "It is answered; what it reverses is taken back at once.")
