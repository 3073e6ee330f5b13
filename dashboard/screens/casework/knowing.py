"""Who may know of a case: its access list, and how far it may go."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import RowMapping

from cases import caseload
from cases.casefile import CaseFile
from cases.escalation.reaching import closed
from cases.mine import called
from cases.privacy import tlp
from cases.privacy.tlp import Tlp
from cases.roles import Permission
from dashboard import times
from dashboard.desk import Desk
from dashboard.screens.parts import acting
from dashboard.untrusted import one_line

_CLOSED = "Only those on its access list may know of it: for others it is not there."
_OPEN = "Everybody inside whose role reads cases may know of it; people outside only where they are on its access list."
_MEANS = {
    Tlp.CLEAR: "it may be told to anybody",
    Tlp.GREEN: "it may be told to the receivers' community, not in public",
    Tlp.AMBER: "it may be told inside the receivers' organisations and to their clients, who need to know",
    Tlp.AMBER_STRICT: "it may be told inside the receivers' organisations alone, who need to know",
    Tlp.RED: "it is for those alone who were told it",
}


def show(at: Desk, file: CaseFile) -> None:
    """Draw the list with who put whom on it, the form for one more, and the mark."""
    grants = at.actor.may(Permission.GRANT)
    st.subheader("Access list")
    st.caption(_CLOSED if closed(file.case) else _OPEN)
    for row in file.access:
        _one(file, row, grants=grants)
    if not file.access:
        st.caption("Nobody is on it.")
    if grants:
        _grant(file)
    else:
        st.caption("A lead or Legal changes the list.")
    st.subheader("How far it may go")
    mark = tlp.of(file.case["tlp"])
    st.text(f"{mark.shown}: {_MEANS[mark]}.")
    st.caption(
        "The Traffic Light Protocol 2.0. An export for receivers that may be told less is refused. Who works in the"
        " case changes the mark under “Severity, mark, outcome” above; a looser one needs a lead or Legal."
    )


def _one(file: CaseFile, row: RowMapping, *, grants: bool) -> None:
    key, person = str(file.case["id"]), str(row["person"])
    with st.container(horizontal=True, vertical_alignment="center", key=f"access-{list(file.access).index(row)}"):
        when = times.second(row["granted_at"], st.context.timezone)
        st.text(f"{one_line(called(person), 80)} · put on it by {one_line(called(row['granted_by']), 60)} · {when}")
        if grants:
            pressed = st.button("Take off", key=f"revoke-{person}", icon=":material/person_remove:", width=120)
            if pressed and acting.did(caseload.revoke, key, person):
                acting.over("Taken off the access list.")


def _grant(file: CaseFile) -> None:
    key = str(file.case["id"])
    with st.form(f"grant-{key}", clear_on_submit=True):
        person = st.text_input(
            "Who may know of it (the name that the trail keeps)", max_chars=200, key=f"grant-to-{key}"
        )
        sent = st.form_submit_button("Put on the list", icon=":material/person_add:")
    if sent and not person.strip():
        st.error("Name somebody.")
    elif sent and acting.did(caseload.grant, key, person.strip()):
        acting.over("Put on the access list.")
