"""Who and what a case is about: its accounts, each with whether there is evidence against it itself, and its alerts."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from cases import alerts
from cases.casefile import CaseFile
from cases.roles import Permission
from dashboard import times
from dashboard.desk import Desk
from dashboard.screens.parts import acting, going
from dashboard.untrusted import one_line, visible
from dashboard.views import Row, kind_label


def show(at: Desk, file: CaseFile) -> None:
    """Draw accounts and alerts."""
    own = sum(bool(s["own_evidence"]) for s in file.subjects)
    st.subheader("Accounts")
    if file.subjects:
        st.caption(
            f"{own:,} of {len(file.subjects):,} with evidence of their own: only against those can anything be decided."
            " "
            "Being a member is no guilt."
        )
        st.dataframe(subject_rows(file), hide_index=True, height="content" if own < 12 else 460, alt="Accounts")
    else:
        st.info("The case is about no account yet; an alert or a finding that is added brings its own.")
    st.subheader("Alerts")
    if not file.alerts:
        st.caption("No alert is part of it.")
    sees = at.actor.may(Permission.SEE)
    now = datetime.now(UTC)
    for row in file.alerts:
        with st.container(border=True, key=f"alert-{row['id']}"):
            st.text(visible(row["summary"]))
            st.text(f"{kind_label(row['kind'])} · {row['priority']} · raised {times.age(row['raised_at'], now)}")
            with st.container(horizontal=True):
                if sees and st.button("Evidence", key=f"evidence-{row['id']}", icon=":material/search:"):
                    going.to_finding(row["finding"])
                if sees and st.button("Picture", key=f"picture-{row['id']}", icon=":material/hub:"):
                    going.to_investigate(row["finding"])
                if at.actor.may(Permission.WORK) and row["state"] == "promoted":
                    _detach(str(row["id"]))


def subject_rows(file: CaseFile) -> list[Row]:
    """Rows of the accounts; those with evidence of their own first."""
    ordered = sorted(file.subjects, key=lambda s: (not s["own_evidence"], s["account"]))
    return [
        {
            "Account": one_line(s["account"], 120),
            "Role in the finding": one_line(s["role"], 40),
            "Evidence of its own": "yes" if s["own_evidence"] else "none: member only",
        }
        for s in ordered
    ]


def _detach(alert_id: str) -> None:
    with st.popover("Take out", icon=":material/folder_off:"), st.form(f"detach-{alert_id}", border=False):
        why = st.text_input("Why", max_chars=1_000, key=f"detach-why-{alert_id}")
        if st.form_submit_button("Take the alert out") and acting.did(alerts.detach, alert_id, why):
            acting.over("The alert waits in the queue again.")
