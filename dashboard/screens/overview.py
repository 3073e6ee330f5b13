"""The first page: in ten seconds, how fresh it all is, what is urgent, and how the rings touch one another."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from cases.mine import Mine
from cases.roles import Permission
from dashboard import navigation, state, summary, views
from dashboard.access.people import who
from dashboard.canvas import component
from dashboard.navigation import Screen
from dashboard.screens.parts import empty, going, mine, reading
from dashboard.state import Opened
from dashboard.untrusted import one_line, visible
from graph.findings import Finding

_MAP = "map-of-rings"


def render() -> None:
    """The screen; an address that names a finding leads to it."""
    wanted = st.query_params.get("finding")
    if wanted:
        st.switch_page(navigation.page("findings"), query_params={"finding": wanted})
    reading.drawn(_screen)


def _screen(opened: Opened) -> None:
    st.title("Overview")
    found = summary.live(state.findings(opened.key, opened.view))
    _fresh(opened)
    own = mine.first() if who().may(Permission.CASES) else None
    if not found:
        empty.nothing_flagged(opened.view, opened.key[0])
        return
    _numbers(opened, found, own)
    _top(opened, found)
    _map(opened)


def _fresh(opened: Opened) -> None:
    """Age of the data and of each detector's last success; what is stale is red and says so."""
    now = datetime.now(UTC)
    st.caption(views.staleness(opened.view.seq, state.newest_post(opened.key, opened.view), now, st.context.timezone))
    late = state.settings().span("detect.max_age")
    states = summary.health(state.detector_names(), state.runs(opened.key, opened.view), now, late)
    stale = [h for h in states if h.stale]
    with st.expander(
        f"{len(states) - len(stale)} of {len(states)} detectors succeeded within {late.total_seconds() / 3600:.3g} h",
        icon=":material/error:" if stale else ":material/check_circle:",
        expanded=False,
    ):
        for h in states:
            st.badge("stale" if h.stale else "in time", color="red" if h.stale else "green")
            st.text(f"{one_line(h.detector)}: {h.text}")
    if stale and state.runs(opened.key, opened.view):  # where nothing ran yet, that is said below
        st.error(f"Stale: {', '.join(one_line(h.detector) for h in stale)}. What they would flag is missing here.")


def _numbers(opened: Opened, found: list[Finding], own: Mine | None) -> None:
    alerts = state.alerts_today(opened.key, opened.view)
    capacity = int(state.settings().number("alerts.capacity"))
    cells = st.columns(5 if own else 4)
    urgent = sum(f.priority.rank == 0 for f in found)
    cells[0].metric("High priority", f"{urgent:,}", help="Current findings that a person should look at first")
    cells[1].metric("Flagged now", f"{len(found):,}")
    cells[2].metric(
        "Alerts today",
        f"{alerts:,} of {capacity:,}",
        help="Of the number that people can work in a day (alerts.capacity)",
    )
    accounts = len({a for f in found for a in f.accounts})
    cells[3].metric(
        "Accounts named", f"{accounts:,}", help="Members of any current finding; being a member is no guilt"
    )
    if own:
        cells[4].metric(
            "Alerts waiting",
            f"{own.alerts:,}",
            f"{own.alerts / max(capacity, 1):.1f} days of work",
            delta_color="off",
            delta_arrow="off",
            help="In the casebook, for somebody to look at; a day has room for as many as alerts.capacity says",
        )
    st.caption(summary.confirmed_line(state.confirmed(opened.key, opened.view)).capitalize() + ".")


def _top(opened: Opened, found: list[Finding]) -> None:
    st.subheader("Look at these first")
    top = found[: summary.TOP]
    earlier = state.before(opened, top)
    followers = state.followers(opened.key, tuple(sorted({a for f in top for a in f.accounts})), opened.view)
    for finding in top:
        with st.container(border=True, key=f"top-{finding.id}"):
            left, right = st.columns([6, 1], vertical_alignment="center")
            with left:
                st.text(visible(finding.summary))
                st.text(
                    f"Priority {finding.priority} · {views.kind_label(finding.kind)} · "
                    f"{one_line(summary.standing(finding, earlier), 300)} · "
                    f"{summary.reach(finding, followers):,} followers of its members"
                )
            with right:
                if st.button("Open", key=f"open-{finding.id}", icon=":material/hub:", width="stretch"):
                    open_finding(finding.id)
    if len(found) > summary.TOP and st.button(f"All {len(found):,} findings", icon=":material/list:", key="all"):
        st.switch_page(navigation.page("findings"))


def open_finding(finding_id: str) -> None:
    """Go to a finding's picture."""
    going.to_investigate(finding_id)


def _map(opened: Opened) -> None:
    st.subheader("Map of rings")
    nodes, edges, left_out = state.map_of_rings(opened.key, opened.view)
    component.show_map(
        nodes,
        edges,
        key=_MAP,
        alt=f"Map of {len(nodes)} rings, joined where they share accounts, tickers or links",
        words="One node a ring: larger the more accounts, redder the more urgent; joined where rings share accounts, "
        "tickers or links. Click one to open it.",
        dark=st.context.theme.type == "dark",
        heard=_heard,
    )
    if left_out:
        st.caption(left_out)
    wanted = st.session_state.pop(f"{_MAP}-open", None)
    if wanted:
        open_finding(wanted)


def _heard() -> None:
    event = dict((st.session_state.get(_MAP) or {}).get("event") or {})
    nodes = event.get("nodes")
    if event.get("do") in {"select", "expand"} and isinstance(nodes, list) and nodes and isinstance(nodes[0], str):
        st.session_state[f"{_MAP}-open"] = nodes[0].removeprefix("finding/")


SCREEN = Screen("Overview", "overview", -1, render, Permission.SEE)
