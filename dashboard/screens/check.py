"""Check a list: pasted handles, web addresses and wallets, each held against the findings."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cases.roles import Permission
from dashboard import checklist, exporting
from dashboard.access.people import who
from dashboard.navigation import Screen
from dashboard.screens.parts import going, paging, reading
from dashboard.state import Opened
from detectors.checking.answers import Answer, Checked, check
from detectors.checking.entries import entries
from graph.model import NodeRef, NodeType
from ingest.links import canonical_link

_LONGEST = 500_000  # characters of a pasted list
_FOUND = "checked"


def render() -> None:
    """The screen."""
    st.title("Check a list")
    st.caption(
        "Who of these is in a finding, with whom, since when. What you paste is kept no longer than this page is open."
    )
    reading.drawn(_asked)


def _asked(opened: Opened) -> None:
    with st.form("list", border=False):
        text = st.text_area(
            "Handles, account ids, profile or post addresses, links, wallets: one a line, or space between them",
            key="pasted", height=160, max_chars=_LONGEST, placeholder="@moon_fan\nhttps://example.org/presale\n0x…",
        )  # fmt: skip
        asked = st.form_submit_button("Check", icon=":material/fact_check:", type="primary")
    if asked:
        wanted = entries(checklist.lines(text), canonical_link)
        if len(wanted) > checklist.MOST:
            st.warning(f"The first {checklist.MOST:,} of {len(wanted):,} entries are checked; paste the rest after.")
        with st.spinner("Looking …"):
            found = check(opened.view, wanted[: checklist.MOST]) if wanted else None
        st.session_state[_FOUND] = (opened.key[0], found)
        if found is None:
            st.info("Nothing to check: no line holds anything.", icon=":material/inbox:")
    store, found = st.session_state.get(_FOUND, ("", None))
    if found is not None and store == opened.key[0]:
        _answers(opened, found)


def _answers(opened: Opened, found: Checked) -> None:
    st.text(" · ".join(checklist.tally(found)))
    st.info(checklist.CLEAN, icon=":material/info:")
    st.caption(checklist.stands_on(found))
    if found.seq != opened.view.seq:
        st.caption(f"Data came since (commit {opened.view.seq:,}): check again to see it.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        states = [s for s, n in found.counts.items() if n]
        chosen = st.multiselect("Answers", states, placeholder="Any answer", key="answers", width=420)
        if who().may(Permission.EXPORT):
            rows = checklist.export_rows(found)
            st.download_button("CSV", exporting.to_csv(rows), "checked.csv", "text/csv", icon=":material/download:")
    for finding, n, members in found.shared[:5]:
        if st.button(f"{n:,} of the list are in finding {finding[:10]} ({members:,} members)", key=f"in-{finding}"):
            going.to_finding(finding)
    kept = checklist.kept(found.answers, chosen)
    part, _ = paging.part(kept, "answers-page")
    table = st.dataframe(
        checklist.rows(part, st.context.timezone),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="answers-table",
        alt="Answers, one row an entry; select one for its details",
    )
    at = going.picked(table, len(part))
    if at is not None:
        _details(part[at])


def _details(answer: Answer) -> None:
    with st.container(border=True, key="answer"):
        st.text(checklist.rows([answer])[0]["Entry"])
        st.text(str(answer.state))
        for line in checklist.told(answer):
            st.text(line)
        _ways(answer)
        rows = checklist.involved_rows(answer, st.context.timezone)
        if rows:
            table: Any = st.dataframe(
                rows, hide_index=True, on_select="rerun", selection_mode="single-row",
                key=f"answer-findings-{going.visit()}",
                alt="Findings that the entry is in; select one to open it",
            )  # fmt: skip
            at = going.picked(table, len(rows))
            if at is not None:
                going.to_finding(answer.involved[at].finding)


def _ways(answer: Answer) -> None:
    nodes = [NodeRef(NodeType.ACCOUNT, n.account) for n in answer.accounts[:5]]
    nodes += [n for n in answer.things if n.type in going.PROFILED][:5]
    with st.container(horizontal=True):
        for i, node in enumerate(nodes):
            words = f"Profile of {node.type} {i + 1}" if len(nodes) > 1 else f"Profile of the {node.type}"
            if st.button(words, key=f"profile-{i}", icon=":material/badge:"):
                going.to_profile(node)


SCREEN = Screen("Check a list", "check", 1, render, Permission.CHECK)
