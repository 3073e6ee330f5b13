"""The decision of a case: what holds, what is proposed, and the form for one; nobody approves what they propose."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import streamlit as st

from cases import decisions
from cases.casefile import CaseFile
from cases.drafts import AGAINST_ACCOUNTS, Automated, Draft, Ground, Measure, check, grounds_for_approval
from cases.lifecycles import CaseState, Outcome, ProposalState, Severity
from cases.mine import called
from cases.roles import Permission
from dashboard import decisions as telling
from dashboard import times
from dashboard.desk import Desk
from dashboard.screens.casework import approving
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line
from graph.errors import CaseError

_DRAFT = "decision-draft"


def show(at: Desk, file: CaseFile) -> None:
    """Draw what holds and what is proposed; where the case is ready for it, the form."""
    _in_force(at, file)
    waiting = [p for p in file.proposals if p["state"] == ProposalState.PROPOSED and p["kind"] == decisions.KIND]
    for proposal in waiting:
        approving.show(at, proposal)
    if file.case["state"] == CaseState.PENDING_DECISION and at.actor.may(Permission.PROPOSE):
        _form(file)
    elif file.decision is None and not waiting:
        st.info(
            "Nothing is decided. A case under investigation is made ready to decide first.", icon=":material/gavel:"
        )
    _earlier(file)


def _in_force(at: Desk, file: CaseFile) -> None:
    row, draft = file.decision, file.draft
    if row is None or draft is None:
        return
    st.subheader("In force")
    by = f"Decided by {one_line(called(row['decided_by']), 60)}"
    second = f", approved by {one_line(called(row['approved_by']), 60)}" if row["approved_by"] else ""
    st.text(f"{by}{second} · {times.second(row['at'], st.context.timezone)}")
    for line in telling.lines(draft):
        st.text(line)
    if file.actions:
        st.dataframe(telling.done_rows(file.actions), hide_index=True, height="content", alt="Actions as they stand")
    st.caption(f"SHA-256 of the decision: {row['hash']}")
    if file.case["state"] == CaseState.DECIDED and at.actor.may(Permission.ENFORCE):
        st.caption("Lockstep enforces nothing itself: it sends what was decided to those who do.")
        if st.button("Send it out", key="enforce", type="primary", icon=":material/send:"):
            sent = acting.did(decisions.enforce, str(file.case["id"]))
            if sent is not None:
                acting.over(f"Sent out: {len(sent) if isinstance(sent, list) else 0:,} actions.")


def _earlier(file: CaseFile) -> None:
    answered = [p for p in file.proposals if p["state"] != ProposalState.PROPOSED]
    before = [d for d in file.decisions if file.decision is None or d["id"] != file.decision["id"]]
    if not (answered or before):
        return
    with st.expander(f"Earlier: {len(before):,} decisions, {len(answered):,} answered proposals"):
        for row in before:
            st.text(
                f"{times.second(row['at'], st.context.timezone)} · {telling.words(row['outcome'])} · superseded"
                f" · {one_line(called(row['decided_by']), 60)}"
            )
        for row in answered:
            who = one_line(called(row["answered_by"]), 60) if row["answered_by"] else "time"
            reason = f": {one_line(row['reason'], 300)}" if row["reason"] else ""
            st.text(
                f"{row['kind']} proposed by {one_line(called(row['proposed_by']), 60)}, {row['state']} by {who}{reason}"
            )


def _form(file: CaseFile) -> None:
    """Ask for a decision; first it is checked and shown, then made or laid before a second person."""
    st.subheader("Decide")
    key = str(file.case["id"])
    kept = st.session_state.get(_DRAFT)
    if kept and kept[0] == (key, file.case["version"]):
        _ready(file, kept[1])
        return
    left, right = st.columns(2)
    outcome = left.selectbox(
        "Outcome", [o for o in Outcome if o is not Outcome.DUPLICATE], format_func=telling.words, key=f"outcome-{key}"
    )
    measure = None
    if telling.broken(outcome):
        measure = right.selectbox(
            "What is done", [None, *Measure], key=f"measure-{key}",
            format_func=lambda m: telling.words(m or telling.NOTHING),
        )  # fmt: skip
    with st.form(f"decision-{key}"):
        told = _asked(file, outcome, measure)
        if not st.form_submit_button("Look at it", type="primary", icon=":material/preview:"):
            return
    try:
        draft = Draft(outcome=outcome, **told)
        check(draft, {s["account"]: s["own_evidence"] for s in file.subjects}, f"case {key}")
    except CaseError as error:
        acting.refused(error)
        return
    st.session_state[_DRAFT] = ((key, file.case["version"]), draft)
    st.rerun()


def _asked(file: CaseFile, outcome: Outcome, measure: Measure | None) -> dict[str, Any]:
    """The fields of the form."""
    before = file.draft
    frozen = [str(s["id"]) for s in file.snapshots]
    cells = st.columns([1, 3, 1])
    told: dict[str, Any] = {
        "severity": cells[0].selectbox(
            "Severity", list(Severity), list(Severity).index(Severity(file.case["severity"])), key="d-severity"
        ),
        "policy": cells[1].text_input("Policy", before.policy if before else "", max_chars=200, key="d-policy"),
        "policy_version": cells[2].text_input(
            "Version", before.policy_version if before else "", max_chars=40, key="d-version"
        ),
        "facts": st.text_area(
            "Facts, without names, handles or other personal data",
            before.facts if before else "",
            max_chars=5_000,
            key="d-facts",
        ),
    }
    if telling.broken(outcome):
        left, right = st.columns([1, 2])
        told["ground"] = left.selectbox("Ground", list(Ground), 1, format_func=telling.words, key="d-ground")
        told["reference"] = right.text_input(
            "Place in the law or the terms", before.reference if before else "", max_chars=500, key="d-reference"
        )
        told["explanation"] = st.text_area(
            "Why the facts break it", before.explanation if before else "", max_chars=2_000, key="d-explanation"
        )
        told["actions"] = _actions(file, measure)
    left, right = st.columns(2)
    told["automated_detection"] = left.checkbox("A program found it", value=True, key="d-detection")
    told["automated_decision"] = right.selectbox(
        "The decision is automated", list(Automated), format_func=telling.words, key="d-automated"
    )
    told["snapshots"] = tuple(
        st.multiselect(
            "Frozen evidence that it rests on", frozen, frozen, format_func=lambda i: i[:12], key="d-snapshots"
        )
    )
    return told


def _actions(file: CaseFile, measure: Measure | None) -> Any:
    accounts: list[str] = []
    content = ""
    until: date | None = None
    own = [s["account"] for s in file.subjects if s["own_evidence"]]
    if measure is not None:
        if measure in AGAINST_ACCOUNTS:
            accounts = st.multiselect(
                "Accounts, of those with evidence of their own",
                own,
                own,
                format_func=lambda a: one_line(a, 80),
                key="d-accounts",
            )
        else:
            content = st.text_area(
                "Content, a line each: the account, then the post or the link", key="d-content", max_chars=20_000
            )
        until = st.date_input("Until; empty: further notice", None, key="d-until", min_value="today")
    return telling.actions(measure, accounts, content, until)


def _ready(file: CaseFile, draft: Draft) -> None:
    """What would be decided, and by how many."""
    key = str(file.case["id"])
    grounds = grounds_for_approval(draft)
    with st.container(border=True, key="draft"):
        for line in telling.lines(draft):
            st.text(line)
        if draft.actions:
            st.dataframe(
                telling.action_rows(draft.actions), hide_index=True, height="content", alt="What would be done"
            )
        if grounds:
            st.warning(f"A second person must approve it: {', '.join(grounds)}.", icon=":material/group:")
        else:
            st.caption("One person may decide this; a second may be asked all the same.")
        with st.container(horizontal=True):
            alone = not grounds and st.button("Decide", key="decide", type="primary", icon=":material/gavel:")
            if alone and acting.did(decisions.decide, key, draft):
                _leave("It is decided.")
            kind: Literal["primary", "secondary"] = "primary" if grounds else "secondary"
            asks = st.button("Propose it to a second person", key="propose", icon=":material/group:", type=kind)
            if asks and acting.did(decisions.propose, key, draft) is not None:
                _leave("It is proposed; somebody else approves it within 24 hours.")
            if st.button("Change it", key="redraft", icon=":material/edit:"):
                st.session_state.pop(_DRAFT, None)
                st.rerun()


def _leave(words: str) -> None:
    st.session_state.pop(_DRAFT, None)
    acting.over(words)
