"""Who and what a case is about: its accounts, each with whether there is evidence against it itself, and its alerts."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from cases import alerts
from cases.alike import Alike, alike
from cases.casefile import CaseFile
from cases.privacy.pseudonyms import outside
from cases.roles import Permission
from dashboard import times
from dashboard.desk import Desk
from dashboard.screens.parts import acting, going
from dashboard.untrusted import one_line, visible
from dashboard.views import Row, kind_label, ticker


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
    _alike(at, file)


def _alike(at: Desk, file: CaseFile) -> None:
    """Other cases that share something, of those that whoever looks may know of."""
    with at.look("case", str(file.case["id"]), why="similar cases") as look:
        found = alike(look, str(file.case["id"]))
    if not found or outside(at.actor):
        return
    st.subheader("Similar cases")
    st.caption("What they share with this one; likeness alone is no ground for anything.")
    for one in found:
        with st.container(horizontal=True, vertical_alignment="center", key=f"alike-{one.case['id']}"):
            if st.button("Open", key=f"open-alike-{one.case['id']}", icon=":material/folder_open:", width=110):
                going.to_case(str(one.case["id"]))
            st.text(f"{one.case['severity']} · {one_line(one.case['title'], 90)} · {shares(one)}")


def shares(one: Alike) -> str:
    """What two cases share, in words."""
    parts = [f"{len(one.accounts):,} account{'' if len(one.accounts) == 1 else 's'}"] if one.accounts else []
    parts += [ticker(t) for t in one.tickers[:3]] + [one_line(link, 80) for link in one.links[:2]]
    return ", ".join(parts)


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
