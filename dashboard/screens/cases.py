"""Cases: what waits for oneself, the list, and one case as a whole; only those that whoever looks may know of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st
from sqlalchemy import RowMapping

from cases import caseload
from cases.caseload import Track
from cases.lifecycles import CaseState, Severity
from cases.mine import called
from cases.privacy.pseudonyms import outside
from cases.roles import Permission
from dashboard import times
from dashboard.desk import Desk
from dashboard.navigation import Screen
from dashboard.screens.casework import one
from dashboard.screens.parts import acting, going, mine
from dashboard.untrusted import one_line
from dashboard.views import Row

PARAMETER = "case"  # in the address: ?case=ID
PAGE = 25
WHOSE = ("All", "Mine", "Nobody's")
_AFTER = "cases-after"


def render() -> None:
    """The screen: one case where the address names it, else the list."""
    wanted = st.query_params.get(PARAMETER)
    if wanted:
        acting.drawn(lambda at: one.show(at, wanted))
        return
    st.title("Cases")
    acting.drawn(_list)


def _list(at: Desk) -> None:
    acting.said()
    mine.first()
    if at.actor.may(Permission.WORK):
        _begin()
    st.subheader("All that you may know of")
    with at.look("cases") as look:
        counts = caseload.counts(look)
    states, severities, whose = _filters(counts)
    wanted = (tuple(states), tuple(severities), whose)
    assignee = {"All": None, "Mine": at.actor.name}.get(whose, "")
    after = _after(wanted)
    with at.look("cases", states=list(states), whose=whose) as look:
        found = caseload.listed(
            look,
            states=states,
            severities=severities,
            assignee=assignee,
            limit=PAGE + 1,
            after=after[-1] if after else "",
        )
    if not found:
        what = "No case matches." if counts else "There is no case that you may know of. Alerts become cases on Triage."
        st.info(what, icon=":material/folder_open:")
        return
    _table(found[:PAGE], hide=outside(at.actor))
    _pages(wanted, after, found)


def _begin() -> None:
    """Take the next case, or open one that no alert leads to."""
    with st.container(horizontal=True, key="cases-begin"):
        if st.button(
            "Take the next", key="claim-next", type="primary", icon=":material/play_arrow:", shortcut="N",
            help="The worst, oldest case that nobody holds",
        ):  # fmt: skip
            found = acting.did(caseload.claim_next)
            if isinstance(found, str):
                going.to_case(found)
            elif found:
                st.info("No open case is free.", icon=":material/done_all:")
        with st.popover("New case", icon=":material/add:"), st.form("new-case", border=False):
            title = st.text_input("Title", max_chars=200, key="new-title")
            severity = st.selectbox("Severity", list(Severity), 2, key="new-severity")
            track = st.selectbox("Track", list(Track), key="new-track")
            restricted = st.checkbox("Only for those on its access list", key="new-restricted")
            if st.form_submit_button("Open it"):
                made = acting.did(caseload.open_case, title, severity, track=track, restricted=restricted)
                if made:
                    going.to_case(str(made))


def _filters(counts: dict[str, int]) -> tuple[list[str], list[str], str]:
    cells = st.columns([2, 3, 2], vertical_alignment="bottom")
    whose = cells[0].segmented_control("Whose", WHOSE, default="All", required=True, key="cases-whose")
    present = [s.value for s in CaseState if counts.get(s)]
    states = cells[1].multiselect(
        "State",
        present,
        format_func=lambda s: f"{words(s)} ({counts[s]:,})",
        placeholder="Any state",
        key="cases-states",
    )
    severities = cells[2].multiselect("Severity", list(Severity), placeholder="Any severity", key="cases-severities")
    return states, [str(s) for s in severities], whose or "All"


def words(state: str) -> str:
    """A state's name as it is read."""
    return state.replace("_", " ")


def rows(found: list[RowMapping], now: datetime, *, hide: bool = False) -> list[Row]:
    """Rows of the list; titles, which may name accounts, are left out for people outside."""
    return [
        {
            "Severity": r["severity"],
            "State": words(r["state"]),
            "Title": "" if hide else one_line(r["title"], 200),
            "Held by": one_line(called(r["assignee"]), 60) if r["assignee"] else "nobody",
            "Opened": times.age(r["opened_at"], now),
            "Track": r["track"] + (" · restricted" if r["restricted"] else ""),
            "Outcome": words(r["outcome"] or ""),
            "Case": r["id"],
        }
        for r in found
    ]


def _table(found: list[RowMapping], *, hide: bool) -> None:
    picked: Any = st.container(key="cases-list").dataframe(
        rows(found, datetime.now(UTC), hide=hide),
        key=f"cases-table-{going.visit()}",
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Severity": st.column_config.TextColumn(width=75),
            "State": st.column_config.TextColumn(width=130),
            "Title": st.column_config.TextColumn(width=440),
            "Held by": st.column_config.TextColumn(width=140),
            "Opened": st.column_config.TextColumn(width=110),
        },
        alt="List of cases; select a row to open it",
    )
    place = going.picked(picked, len(found))
    if place is not None:
        going.to_case(str(found[place]["id"]))


def _after(wanted: object) -> list[str]:
    known, after = st.session_state.get(_AFTER, (wanted, []))
    return list(after) if known == wanted else []


def _pages(wanted: object, after: list[str], found: list[RowMapping]) -> None:
    more = len(found) > PAGE
    if not (after or more):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        back = st.button("Page before", key="cases-before", icon=":material/arrow_back:", disabled=not after)
        on = st.button("Next page", key="cases-next", icon=":material/arrow_forward:", disabled=not more)
        st.caption(f"Page {len(after) + 1:,}")
    if back or on:
        st.session_state[_AFTER] = (wanted, after[:-1] if back else [*after, str(found[PAGE - 1]["id"])])
        st.rerun()


SCREEN = Screen("Cases", "cases", 0, render, Permission.CASES)
