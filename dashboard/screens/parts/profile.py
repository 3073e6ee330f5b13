"""The profile of an account, a ticker or a link: one page, whatever of it applies."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import profiles, state, views
from dashboard.canvas.facets import FACETS
from dashboard.screens.parts import going, hours, paging, reading
from dashboard.state import Key, Opened
from dashboard.untrusted import one_line
from graph.model import NodeRef, NodeType
from graph.store import View

KEY = "key"  # in the address
_FLAGGED = "Flagged is not guilty: judge an account by the evidence of its own."
_POSTS = 20
_SEARCH = {
    NodeType.ACCOUNT: "Handle or id, or how it begins",
    NodeType.TICKER: "Ticker, or how it begins",
    NodeType.LINK: "Link, or how it begins",
}


def render(kind: NodeType) -> None:
    """The profile that the address names; without one, a search."""
    st.title(str(kind).capitalize())
    reading.drawn(partial(_profile, kind))


def _profile(kind: NodeType, opened: Opened) -> None:
    going.back(going.PROFILED[kind])
    key = st.query_params.get(KEY, "")
    node = NodeRef(kind, key)
    if key and opened.view.has(node):
        _show(opened, node)
        return
    if key:
        st.warning(f"No {kind} of this name is loaded. That does not make it clean.", icon=":material/search_off:")
        st.text(one_line(key, 200))
    _search(opened, kind)


def _search(opened: Opened, kind: NodeType) -> None:
    text = st.text_input(_SEARCH[kind], key=f"find-{kind}", max_chars=300)
    if not text.strip():
        st.caption("Or come here from a finding, a picture or a list that was checked.")
        return
    hits = opened.view.search(text, types=[kind], limit=20)
    if not hits:
        st.caption("Nothing found. It may not be loaded.")
    for hit in hits:
        if st.button("Open", key=f"hit-{hit.node}", icon=":material/badge:"):
            going.to_profile(hit.node)
        st.text(one_line(f"{hit.text}  {hit.node.key}", 160))


@st.cache_data(max_entries=64, show_spinner="Reading what is known …")
def _activity(key: Key, node: NodeRef, _view: View) -> profiles.Activity:  # noqa: ARG001
    return profiles.activity(_view, node)


@st.cache_data(max_entries=64, show_spinner="Reading what sources say …")
def _said(key: Key, account: str, zone: str | None, _view: View) -> tuple[list[views.Row], list[str]]:  # noqa: ARG001
    return profiles.observations(_view, account, zone), profiles.said_of(_view, account, zone)


@st.cache_data(max_entries=4, show_spinner=False)
def _suspicion(key: Key, _view: View) -> dict[str, float]:
    return profiles.suspicion_of(state.findings(key, _view))


def _show(opened: Opened, node: NodeRef) -> None:
    zone = st.context.timezone
    known = opened.view.account(node.key) if node.type is NodeType.ACCOUNT else None
    with st.container(key="summary"):
        named = views.ticker(node.key) if node.type is NodeType.TICKER else one_line(node.key, 200)
        st.text(one_line(f"@{known.handle}", 200) if known and known.handle else named)
    if st.button("Open in the picture", icon=":material/hub:", key="to-picture"):
        going.to_picture([node], opened.view.seq)
    if node.type is NodeType.TICKER and st.button("Time", icon=":material/timeline:", key="to-time"):
        going.to_time(ticker=node.key)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("What is known")
        st.dataframe(profiles.facts(opened.view, node, zone), hide_index=True, alt="What is known of it")
    acts = _activity(opened.key, node, opened.view)
    with right:
        st.subheader("Activity")
        st.caption(acts.said())
        day, week = st.tabs(["By day", "By hour of the week"])
        with day:
            days = profiles.by_day(acts.times)
            if days:
                st.bar_chart(days, x="Day", y="Posts", height=240)
        with week:
            hours.show(acts.times, zone)
    _findings(opened, node, zone)
    if node.type is NodeType.ACCOUNT:
        _sources(opened, node, zone)
    _neighbours(opened, node, zone)
    _posts(opened, acts)


def _findings(opened: Opened, node: NodeRef, zone: str | None) -> None:
    st.subheader("Findings it is in")
    found = profiles.involved(node, state.findings(opened.key, opened.view))
    if not found:
        st.text("In no current finding. That is what the detectors that ran saw, no more.")
        return
    st.caption(f"{_FLAGGED} Select a row to open the finding.")
    part, _ = paging.part(found, "profile-findings-page")
    table = st.dataframe(
        profiles.finding_rows(node, part, zone), hide_index=True, on_select="rerun", selection_mode="single-row",
        key=f"profile-findings-{going.visit()}", row_height=72,
        column_config={
            "Evidence of its own": st.column_config.TextColumn(width=300),
            "What was flagged": st.column_config.TextColumn(width=420),
            "Window": st.column_config.TextColumn(width=220),
        },
        alt="Findings that name it; select one to open it",
    )  # fmt: skip
    at = going.picked(table, len(part))
    if at is not None:
        going.to_finding(part[at].id)


def _sources(opened: Opened, node: NodeRef, zone: str | None) -> None:
    seen, said = _said(opened.key, node.key, zone, opened.view)
    st.subheader("What others say of it")
    st.caption("Each is what somebody said, with who and when; none of it is a fact about the account.")
    for line in said[:50]:
        st.text(line)
    if not said:
        st.text("No label, state or decision is loaded.")
    with st.expander(f"Observations ({len(seen):,})", icon=":material/history:"):
        part, _ = paging.part(seen, "observations-page")
        if part:
            st.dataframe(part, hide_index=True, alt="How the account looked when, the newest first")
        else:
            st.text("None: the account is only referred to.")


def _neighbours(opened: Opened, node: NodeRef, zone: str | None) -> None:
    ways = profiles.ways(opened.view, node)
    if not ways:
        return
    st.subheader("Nearest to it")
    names = [facet.name for facet, _ in ways]
    facet = st.selectbox("Which way", names, format_func=lambda n: FACETS[n].words.capitalize(), key="way", width=420)
    far, rows, said = profiles.neighbours(opened.view, node, facet, _suspicion(opened.key, opened.view), zone)
    st.caption(f"{said} Select a row for its profile.")
    table = st.dataframe(
        rows, hide_index=True, on_select="rerun", selection_mode="single-row", key=f"near-{facet}-{going.visit()}",
        height="content" if len(rows) <= 10 else 400, alt="Neighbours, the strongest first",
    )  # fmt: skip
    at = going.picked(table, len(rows))
    if at is not None and far[at].type in going.PROFILED:
        going.to_profile(far[at])
    elif at is not None:
        st.caption("It has no profile; open the picture to go on from it.")


def _posts(opened: Opened, acts: profiles.Activity) -> None:
    st.subheader("Posts")
    if not acts.keys:
        st.text("None are loaded.")
        return
    part, _ = paging.part(acts.keys, "profile-posts-page", _POSTS)
    _, rows = state.posts(opened.key, tuple(part), st.context.timezone, opened.view)
    st.dataframe(
        rows[::-1], hide_index=True, row_height=72, height="content" if len(rows) <= 8 else 520,
        column_config={"Text": st.column_config.TextColumn(width=520)}, alt="Posts, the newest first",
    )  # fmt: skip
