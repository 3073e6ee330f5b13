"""Emergency measures before a decision: reach limited or a link blocked, with the time left for a second person."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import RowMapping

from cases import containment
from cases.casefile import CaseFile
from cases.containment import Containment
from cases.lifecycles import CONTAINMENT, ContainmentState, Severity
from cases.mine import called
from cases.roles import Permission
from dashboard import clocks, times
from dashboard.desk import Desk
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line, visible

_WORDS = {Containment.LIMIT_REACH: "Limit reach", Containment.BLOCK_LINK: "Block a link"}
_STANDS = {
    ContainmentState.CONTAINED: "In force, not approved yet",
    ContainmentState.PAGED: "In force, not approved in time, leads were told",
    ContainmentState.APPROVED: "In force, approved",
    ContainmentState.RELEASED: "Released",
}
_UNAPPROVED = (ContainmentState.CONTAINED, ContainmentState.PAGED)


def show(at: Desk, file: CaseFile) -> None:
    """Draw the measures that were taken, and the form for one more."""
    st.subheader("Measures before a decision")
    st.caption(
        "They are reversible, and last four hours unless a second person approves them: then an account is released, "
        "and a link stays blocked until somebody reviews it. Nothing more than that is done before a decision."
    )
    for row in reversed(file.containments):
        _one(at, row)
    if not file.containments:
        st.caption("None was taken.")
    if file.case["severity"] == Severity.S0 and at.actor.may(Permission.CONTAIN):
        with st.expander("Take a measure", icon=":material/block:"):
            _take(file)


def _one(at: Desk, row: RowMapping) -> None:
    with st.container(border=True, key=f"measure-{row['id']}"):
        until = f" · approval {clocks.due(row['due'], at.book.clock())}" if row["state"] in _UNAPPROVED else ""
        st.text(f"{_WORDS[Containment(row['kind'])]}: {visible(row['subject'])}")
        st.text(f"{_STANDS[ContainmentState(row['state'])]}{until}")
        taken = times.second(row["opened_at"], st.context.timezone)
        second = f" · approved by {one_line(called(row['approved_by']), 60)}" if row["approved_by"] else ""
        st.text(f"Taken by {one_line(called(row['opened_by']), 60)}{second} · {taken}")
        st.text(f"Reason: {visible(row['reason'])}")
        if row["state"] not in CONTAINMENT.ends:
            _steps(at, row)


def _steps(at: Desk, row: RowMapping) -> None:
    key = str(row["id"])
    approves = row["state"] in _UNAPPROVED and at.actor.may(Permission.APPROVE)
    taker = row["opened_by"] == at.actor.name
    if approves and taker:
        st.caption("You took it: somebody else approves it.")
    with st.container(horizontal=True):
        if approves and not taker:
            pressed = st.button("Approve the measure", key=f"approve-measure-{key}", icon=":material/check:")
            if pressed and acting.did(containment.approve, key):
                acting.over("The measure is approved.")
        if at.actor.may(Permission.CONTAIN):
            with st.popover("Release", icon=":material/undo:"), st.form(f"release-measure-{key}", border=False):
                why = st.text_input("Why", max_chars=1_000, key=f"release-measure-why-{key}")
                if st.form_submit_button("Release it") and acting.did(containment.release, key, why):
                    acting.over("The measure is released.")


def _take(file: CaseFile) -> None:
    key = str(file.case["id"])
    kind = st.selectbox("Measure", tuple(_WORDS), format_func=_WORDS.__getitem__, key=f"measure-kind-{key}")
    with st.form(f"take-measure-{key}-{kind}", border=False):
        subject: str | None
        if kind == Containment.LIMIT_REACH:
            own = [s["account"] for s in file.subjects if s["own_evidence"]]
            subject = st.selectbox(
                "Account, of those with evidence of their own", own, index=None, placeholder="Choose",
                format_func=lambda a: one_line(a, 80), key=f"measure-account-{key}",
            )  # fmt: skip
        else:
            subject = st.text_input("Link", max_chars=2_000, key=f"measure-link-{key}")
        why = st.text_input("Why", max_chars=1_000, key=f"measure-why-{key}")
        sent = st.form_submit_button("Take the measure", type="primary")
    if sent and acting.did(containment.contain, key, kind, subject or "", why):
        acting.over("The measure is taken; somebody else approves it within four hours.")
