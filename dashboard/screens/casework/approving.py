"""A proposal before a second person: the whole text, its hash, and the two answers."""

from __future__ import annotations

from typing import Any

import orjson
import streamlit as st
from sqlalchemy import RowMapping

from cases import appeals, decisions, proposals
from cases.drafts import draft_from
from cases.mine import called
from cases.roles import Permission
from dashboard import decisions as telling
from dashboard import times
from dashboard.desk import Desk
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line, visible


def show(at: Desk, row: RowMapping) -> None:
    """Draw a proposal that waits, and what this person can answer."""
    key = str(row["id"])
    with st.container(border=True, key=f"proposal-{key}"):
        what = "decision" if row["kind"] == decisions.KIND else row["kind"]
        st.subheader(f"Proposed {what}")
        st.text(
            f"By {one_line(called(row['proposed_by']), 60)}"
            f" · good until {times.second(row['expires_at'], st.context.timezone)}"
            f" · needs a second person: {', '.join(one_line(g, 80) for g in row['grounds'])}"
        )
        _text(row)
        st.caption("SHA-256 of this text, which the approval is of:")
        st.code(row["hash"], language=None)
        if row["proposed_by"] == at.actor.name:
            st.info("You proposed it: somebody else approves it, whatever your role is.", icon=":material/group:")
            _withdraw(row)
        elif at.actor.may(Permission.APPROVE):
            _answer(row)
        else:
            st.caption("A lead or somebody of policy answers it.")


def _text(row: RowMapping) -> None:
    if row["kind"] == decisions.KIND:
        draft = draft_from(row["content"])
        for line in telling.lines(draft):
            st.text(line)
        if draft.actions:
            st.dataframe(
                telling.action_rows(draft.actions), hide_index=True, height="content", alt="What would be done"
            )
        return
    told: dict[str, Any] = orjson.loads(row["content"])
    st.text(f"The appeal would be {telling.words(str(told.get('outcome', ''))).lower()}.")
    st.text(visible(str(told.get("why", ""))))
    for subject in told.get("reverse", []):
        st.text(one_line(f"Taken back: {subject}", 200))


def _answer(row: RowMapping) -> None:
    key, seen = str(row["id"]), str(row["hash"])
    approve = decisions.approve if row["kind"] == decisions.KIND else appeals.approve
    with st.container(horizontal=True):
        if st.button("Approve this text", key=f"approve-{key}", type="primary", icon=":material/check:") and acting.did(
            approve, key, seen
        ):
            acting.over("It is approved, and decided.")
        with st.popover("Refuse", icon=":material/close:"), st.form(f"refuse-{key}", border=False):
            why = st.text_input("Why", max_chars=1_000, key=f"refuse-why-{key}")
            refuse = decisions.refuse if row["kind"] == decisions.KIND else proposals.refuse
            if st.form_submit_button("Refuse it") and acting.did(refuse, key, why):
                acting.over("It was refused.")


def _withdraw(row: RowMapping) -> None:
    key = str(row["id"])
    with st.popover("Take it back", icon=":material/undo:"), st.form(f"withdraw-{key}", border=False):
        why = st.text_input("Why", max_chars=1_000, key=f"withdraw-why-{key}")
        withdraw = decisions.withdraw if row["kind"] == decisions.KIND else proposals.withdraw
        if st.form_submit_button("Take it back") and acting.did(withdraw, key, why):
            acting.over("The proposal was taken back.")
