"""Posts, accounts created and prices on one axis of time: what is under the brush is what the picture shows."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cases.roles import Permission
from dashboard import state, views
from dashboard import timeline as tl
from dashboard.canvas import brushing
from dashboard.canvas import commands as c
from dashboard.canvas.film import film
from dashboard.navigation import Screen
from dashboard.screens.parts import axis, empty, going, panel, picture, reading
from dashboard.state import Opened
from dashboard.untrusted import one_line
from graph.findings import Finding
from graph.model import NodeRef, NodeType

_LISTED = 50  # findings of a span


@dataclass(frozen=True)
class Asked:
    """What the address asks for: ids and times."""

    finding: str
    ticker: str
    view: str
    brush: tl.Span | None
    shown: tl.Span | None
    unread: bool  # a time that is none


def render() -> None:
    """The screen; the address names a finding or a ticker, or neither: then it is of everything."""
    st.title("Time")
    reading.drawn(_screen)


def _asked() -> Asked:
    query = st.query_params
    times = {name: tl.read(query.get(name)) for name in ("from", "to", "left", "right")}
    return Asked(
        query.get("finding", ""),
        query.get("ticker", ""),
        query.get("view", ""),
        _span(times["from"], times["to"]),
        _span(times["left"], times["right"]),
        any(
            query.get(a) and query.get(b) and _span(times[a], times[b]) is None
            for a, b in (("from", "to"), ("left", "right"))
        ),
    )


def _span(start: int | None, end: int | None) -> tl.Span | None:
    return (start, end) if start is not None and end is not None and start < end else None


def _screen(opened: Opened) -> None:
    asked = _asked()
    going.back(SCREEN.path)
    if asked.unread:
        st.warning("The address names times that cannot be read; they are left out.", icon=":material/event_busy:")
    seq, commands = opened.view.seq, _begin(opened, asked)
    if commands is None:
        return
    if asked.view:
        seq, commands = c.from_link(asked.view)
    pictured = picture.begun("time", (opened.key[0], asked), seq, commands)
    _page(pictured, asked)


def _begin(opened: Opened, asked: Asked) -> tuple[c.Command, ...] | None:
    """The steps that the page begins with; None, and it is said, where what the address names is not there."""
    first: tuple[c.Command, ...] = (c.Between(),)
    if asked.finding:
        if opened.view.finding(asked.finding) is None:
            empty.unknown(asked.finding)
            return None
        first = (c.Open(asked.finding),)
    elif asked.ticker:
        node = NodeRef(NodeType.TICKER, asked.ticker)
        if not opened.view.has(node):
            st.warning("No post names this ticker.", icon=":material/search_off:")
            st.text(one_line(asked.ticker, 80))
            return None
        first = (c.Add((node,)), c.Expand(node, "accounts"))
    return (*first, c.Between(*map(tl.moment, asked.brush))) if asked.brush else first


@st.fragment
def _page(pictured: picture.Pictured, asked: Asked) -> None:
    """Axis, picture and tables; a run of its own, so that a brush is answered at once."""
    with state.opened(pictured.seq) as opened:
        finding = opened.view.finding(asked.finding) if asked.finding else None
        _about(finding, asked)
        symbol = _ticker(finding, asked)
        found = axis.read(opened, finding, symbol)
        player = state.player(opened)
        pictured.scene = state.scene(opened.key, pictured.history.current, player)
        window = _window(found, finding, asked, pictured)
        if window is None:
            st.info("Nothing that has a time is loaded.", icon=":material/hourglass_empty:")
            return
        market = _market(found)
        _tools(found, finding, window, pictured, asked)
        told = axis.show(found, window, pictured, symbol, market)
        _said(found, window, symbol, market)
        left, right = st.columns([5, 3], gap="medium")
        with right:
            _table(found, window, pictured, told)
        if finding is None and not symbol:
            with left:
                _findings(opened, window, pictured)
            return
        with left:
            picture.show(opened, pictured, "time-canvas", height=520, film=film(pictured.scene, player))
        if pictured.selected or pictured.edge:
            with right:
                panel.show(pictured, player)


def _about(finding: Finding | None, asked: Asked) -> None:
    if finding is not None:
        with st.container(key="about"):
            st.text(f"{views.kind_label(finding.kind)}: {one_line(finding.summary, 400)}")
        with st.container(horizontal=True):
            if st.button("The finding", icon=":material/flag:", key="to-finding"):
                going.to_finding(finding.id)
            if st.button("Investigate", icon=":material/hub:", key="to-investigate"):
                going.to_investigate(finding.id)
    elif asked.ticker:
        st.text(f"Everything that names {views.ticker(asked.ticker)}")
    else:
        st.text("Everything that is loaded. Come here from a finding or a ticker to see its own.")


def _ticker(finding: Finding | None, asked: Asked) -> str:
    """The ticker whose posts and prices are shown."""
    options = list(finding.tickers) if finding else [asked.ticker] if asked.ticker else []
    if not options:
        return axis.ANY
    return st.selectbox(
        "Posts", [*options, axis.ANY], format_func=lambda t: f"naming {views.ticker(t)}" if t else "of any kind",
        key=f"time-ticker-{asked.finding}-{asked.ticker}", width=260,
    )  # fmt: skip


def _market(found: axis.Read) -> str:
    names = list(found.markets)
    if len(names) < 2:
        return names[0] if names else ""
    return st.selectbox("Market", names, key=f"time-market-{names[0]}", width=320)


def _window(found: axis.Read, finding: Finding | None, asked: Asked, pictured: picture.Pictured) -> axis.Window | None:
    """The session's window on what the address names; the one that it begins with where there is none yet."""
    begun, window = st.session_state.get(_WINDOW, (None, None))
    if begun == pictured.begun and isinstance(window, axis.Window):
        return window
    first = asked.shown or axis.begin(found, finding, brushing.brush_of(pictured.scene.between, (0, tl.LAST)))
    if first is None:
        return None
    window = axis.Window(first)
    window.show(first)
    st.session_state[_WINDOW] = (pictured.begun, window)
    return window


_WINDOW = "time-window"


def _tools(
    found: axis.Read, finding: Finding | None, window: axis.Window, pictured: picture.Pictured, asked: Asked
) -> None:
    history = pictured.history
    with st.container(horizontal=True, vertical_alignment="bottom", key="time-tools"):
        for words, then, off in (
            ("Undo", history.undo(), history.done < 2),
            ("Redo", history.redo(), history.done == len(history.commands)),
        ):
            name = words.lower()
            st.button(
                words,
                icon=f":material/{name}:",
                key=f"time-{name}",
                disabled=off,
                on_click=_turn,
                args=(pictured, then),
            )
        ways: dict[str, tl.Span | None] = {
            "Around the finding": tl.around(finding) if finding else None,
            "Since the accounts were created": tl.joined(found.created.ends(), found.posts.ends())
            if finding or asked.ticker
            else None,
            "Everything": tl.joined(found.whole(), found.created.ends() if not asked.ticker and not finding else None),
        }
        start, end = window.span
        half, icon = (end - start) // 2, ":material/{}:".format
        moves = {words: (span, None) for words, span in ways.items() if span is not None} | {
            "Earlier": ((start - half, end - half), icon("chevron_left")),
            "Later": ((start + half, end + half), icon("chevron_right")),
            "Wider": ((start - half, end + half), icon("zoom_out")),
        }
        for words, (span, sign) in moves.items():
            st.button(words, icon=sign, key=f"time-{words}", on_click=_move, args=(window, span, pictured))
        with st.popover("Share", icon=":material/link:"):
            st.caption("Opens the same span of the same picture, for those who may see it. Ids and times only.")
            told = axis.link(pictured, window, finding=asked.finding, ticker=asked.ticker)
            st.code(f"/{SCREEN.path}?{told}", language=None, wrap_lines=True)


def _turn(pictured: picture.Pictured, history: c.History) -> None:
    pictured.history = history
    pictured.turn += 1


def _move(window: axis.Window, span: tl.Span, pictured: picture.Pictured) -> None:
    window.show(span)
    pictured.turn += 1


def _said(found: axis.Read, window: axis.Window, symbol: str, market: str) -> None:
    """The window in words, and what is not on the axis, each with its reason."""
    edges = tl.edges_of(window.span)
    shown = int(edges[0]), int(edges[-1])
    lines = [f"The axis: {tl.said(shown, st.context.timezone)}."]
    if not found.posts.within(shown):
        ends = found.posts.ends()
        lines.append(f"No posts in this window; there are some from {tl.said(ends, None)}." if ends else "No posts.")
    if found.posts.undated:
        lines.append(f"{found.posts.undated:,} shares are left out: they have no time.")
    if found.created.undated:
        lines.append(f"{found.created.undated:,} accounts are left out: when they were created is not known.")
    before = sum(found.created.within((0, shown[0])).values())
    if before:
        lines.append(f"{before:,} accounts were created before this window.")
    if symbol and not found.markets:
        lines.append("No candles or trades of this ticker are loaded.")
    elif market and not axis.priced(found, market, shown):
        lines.append("No candles in this window.")
    st.caption(" ".join(lines))


def _table(found: axis.Read, window: axis.Window, pictured: picture.Pictured, market: str) -> None:
    brush = pictured.scene.between != (None, None)
    st.subheader("In the span" if brush else "On the axis")
    if brush:
        st.caption(
            f"{tl.said(brushing.brush_of(pictured.scene.between, window.span) or window.span, st.context.timezone)}."
        )
    st.dataframe(
        axis.rows(found, window, pictured.scene.between), hide_index=True, alt="How many in the span, and in all",
        column_config={"What": st.column_config.TextColumn(width=185)},
    )  # fmt: skip
    if market:
        st.text(f"Market: {market}")
    if found.marks:
        st.dataframe(axis.mark_rows(found), hide_index=True, alt="Moments that are marked on the axis")
        st.caption(
            "The market's moments are read from the prices as loaded now, by the rule of the finding's detector."
        )


def _findings(opened: Opened, window: axis.Window, pictured: picture.Pictured) -> None:
    """Findings of the span: without a finding or ticker there is no picture."""
    span = brushing.brush_of(pictured.scene.between, window.span) or window.span
    found = tl.overlapping(state.findings(opened.key, opened.view), span)
    st.subheader("Findings of this time")
    if not found:
        st.text("None whose window has a moment in it.")
        return
    st.caption(f"{min(len(found), _LISTED):,} of {len(found):,}. Select a row to see it through time.")
    columns = ("Priority", "Kind", "Members", "Tickers", "Window", "What was flagged")
    table = st.dataframe(
        [{k: row[k] for k in columns} for row in views.finding_rows(found[:_LISTED])], hide_index=True,
        on_select="rerun", selection_mode="single-row", key=f"time-findings-{going.visit()}",
        alt="Findings of this time; select one to see it through time",
    )  # fmt: skip
    at = going.picked(table, min(len(found), _LISTED))
    if at is not None:
        going.to_time(finding=found[at].id)


SCREEN = Screen("Time", "time", 3, render, Permission.SEE)
