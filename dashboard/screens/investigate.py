"""The canvas with all that belongs to it: steps back and forth, and what is known of what is selected."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.canvas import commands as c
from dashboard.navigation import Screen
from dashboard.screens.parts import empty, picture
from graph.errors import LockstepError

LINK = "view"
FINDING = "finding"


def render() -> None:
    """The picture that the address names: a link's, a finding's, or the most urgent finding's."""
    try:
        with state.opened() as opened:
            link, finding = st.query_params.get(LINK), st.query_params.get(FINDING)
            seq, commands = opened.view.seq, _begin(opened, finding)
            if link:
                seq, commands = c.from_link(link)
            pictured = picture.begun("investigate", (opened.key[0], link, finding), seq, commands)
        _canvas(pictured)
    except LockstepError as error:
        empty.failed(error)


def _begin(opened: state.Opened, finding: str | None) -> tuple[c.Command, ...]:
    findings = state.findings(opened.key, opened.view)
    first = finding or (findings[0].id if findings else None)
    return (c.Open(first),) if first else ()


@st.fragment
def _canvas(pictured: picture.Pictured) -> None:
    history = pictured.history
    with st.container(horizontal=True):
        if st.button("Undo", icon=":material/undo:", disabled=history.done < 2):
            pictured.history = history.undo()
            st.rerun(scope="fragment")
        if st.button("Redo", icon=":material/redo:", disabled=history.done == len(history.commands)):
            pictured.history = history.redo()
            st.rerun(scope="fragment")
    with state.opened(pictured.seq) as opened:
        picture.show(opened, pictured, "canvas")


SCREEN = Screen("Investigate", "investigate", 2, render)
