"""The canvas with all that belongs to it: steps back and forth, finding, sharing, and what is known of the selected."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from cases.roles import Permission
from dashboard import state
from dashboard.canvas import commands as c
from dashboard.navigation import Screen
from dashboard.screens.parts import again, empty, going, panel, picture, tocase
from dashboard.untrusted import one_line
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
            elif not commands:
                empty.nothing_flagged(opened.view, opened.key[0])
                if not opened.view.seq:
                    return
                st.caption("Find an account, a ticker or a link to begin a picture with.")
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
    """Tools above, the picture, and beside it what is known; a run of its own, so that a click is answered at once."""
    with state.opened(pictured.seq) as opened:
        player = state.player(opened)
        pictured.scene = state.scene(opened.key, pictured.history.current, player)  # what the tools are for
        _tools(pictured, opened)
        left, right = st.columns([5, 3], gap="medium")
        with left:
            picture.show(opened, pictured, "canvas")
        with right:
            panel.show(pictured, player)


def _tools(pictured: picture.Pictured, opened: state.Opened) -> None:
    history = pictured.history
    with st.container(horizontal=True, vertical_alignment="bottom", key="tools"):
        going.back(SCREEN.path)
        back = st.button("Undo", icon=":material/undo:", key="undo", disabled=history.done < 2)
        forth = st.button("Redo", icon=":material/redo:", key="redo", disabled=history.done == len(history.commands))
        if back or forth:
            pictured.history = history.undo() if back else history.redo()
            pictured.turn += 1
            again.over()
        ways = {"ring": "Ring", "week": "Week of creation", "link": "Shared link"}
        way = st.selectbox(
            "Combine by", list(ways), format_func=ways.__getitem__, index=None, placeholder="Combine by",
            label_visibility="collapsed", width=190, key=f"combine-{len(history.commands)}",
        )  # fmt: skip
        if way:
            pictured.do(c.Combine(way))
            again.over()
        if pictured.scene.groups and st.button("Separate", icon=":material/call_split:", key="separate"):
            pictured.do(c.Separate())
            again.over()
        _search(pictured, opened)
        with st.popover("Share", icon=":material/link:"):
            _share(pictured)
        tocase.of_picture(pictured)


def _search(pictured: picture.Pictured, opened: state.Opened) -> None:
    """Find an account, a ticker, a link … and put it into the picture."""
    with st.popover("Find", icon=":material/search:"):
        text = st.text_input("Handle, ticker, link, id, or words of a post", key="find", max_chars=300)
        hits = opened.view.search(text, limit=20) if text.strip() else []
        if text.strip() and not hits:
            st.caption("Nothing found. It may not be loaded.")
        for hit in hits:
            shown = hit.node in pictured.scene.nodes
            with st.container(horizontal=True, vertical_alignment="center"):
                chosen = st.button("Select" if shown else "Add", key=f"hit-{hit.node}", width=90)  # a label is Markdown
                st.text(one_line(f"{hit.node.type}: {hit.text}", 90))
            if chosen:
                if not shown:
                    pictured.do(c.Add((hit.node,)))
                pictured.selected, pictured.edge = (hit.node,), ""
                again.over()


def _share(pictured: picture.Pictured) -> None:
    """The steps as a link: ids only, played again for whoever opens it, as they may see it."""
    st.caption("Opens the same picture at the same data, for those who may see it. Notes are not part of a link.")
    here = urlsplit(st.context.url or "")
    start = f"{here.scheme}://{here.netloc}" if here.netloc else ""
    st.code(
        f"{start}/{SCREEN.path}?{LINK}={c.to_link(pictured.history.current, pictured.seq)}",
        language=None,
        wrap_lines=True,
    )


SCREEN = Screen("Investigate", "investigate", 2, render, Permission.SEE)
