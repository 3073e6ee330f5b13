"""The queue of alerts: the most urgent first, worked by keyboard, one at a time or many after a dry run.

Letters press buttons: J and K go down and up; those of the acts stand in their help. Streamlit leaves them alone while
somebody writes in a field.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from sqlalchemy import RowMapping

from cases import alerts
from cases.roles import Permission
from dashboard import desk, queue, state
from dashboard.desk import Desk
from dashboard.navigation import Screen
from dashboard.screens.casework import acts
from dashboard.screens.parts import acting, going, reading
from dashboard.untrusted import visible

_CURRENT, _TURN, _AFTER = "triage-current", "triage-turn", "triage-after"


def render() -> None:
    """The screen."""
    st.title("Triage")
    acting.drawn(_screen)


def _screen(at: Desk) -> None:
    reading.drawn(lambda opened: _intake(at, opened))
    acting.said()
    acts.undo()
    with at.look("queue") as look:
        counts = alerts.counts(look)
    which = _which(counts)
    several = st.toggle("Select several", key="triage-several")
    with at.look("queue", which=which) as look:
        after = _after(which)
        found = alerts.queue(look, queue.PAGE + 1, states=queue.LISTS[which], after=after[-1] if after else "")
    more, page = len(found) > queue.PAGE, found[: queue.PAGE]
    if not page:
        _empty(which)
        return
    ids = [str(r["id"]) for r in page]
    current = st.session_state.get(_CURRENT)
    place = ids.index(current) if current in ids else min(int(st.session_state.get("triage-place", 0)), len(ids) - 1)
    st.session_state[_CURRENT], st.session_state["triage-place"] = ids[place], place
    ticked = _table(page, ids[place], several=several)
    with st.container(horizontal=True, vertical_alignment="center", key="triage-steps"):
        if not several:
            _steps(page, place)
        _pages(which, page, more=more)
    if several:
        acts.many(ticked)
    else:
        _one(page[place])


def _intake(at: Desk, opened: state.Opened) -> None:
    if taken := desk.intake(at, opened):
        st.caption(f"With the newest data, {taken:,} alerts came in.")


def _which(counts: dict[str, int]) -> str:
    """The list that is looked at; another one begins at its first page."""
    sums = {name: sum(counts.get(s, 0) for s in states) for name, states in queue.LISTS.items()}
    chosen = st.segmented_control(
        "List", list(sums), default="Waiting", required=True, key="triage-list", label_visibility="collapsed",
        format_func=lambda name: f"{name} {sums[name]:,}",
    )  # fmt: skip
    capacity = int(state.settings().number("alerts.capacity"))
    st.caption(
        f"{sums['Waiting']:,} wait: {sums['Waiting'] / max(capacity, 1):.1f} days of work at {capacity:,} a day. "
        "Flagged is not guilty; dismissing is as good an answer as any."
    )
    return chosen or "Waiting"


def _after(which: str) -> list[str]:
    """Last ids of the pages before this one."""
    known, after = st.session_state.get(_AFTER, (which, []))
    return list(after) if known == which else []


def _turn() -> int:
    return int(st.session_state.get(_TURN, 0))


def _table(page: Sequence[RowMapping], current: str, *, several: bool) -> list[RowMapping]:
    """The page of the queue; gives those that are ticked."""
    now = datetime.now(UTC)
    key = f"triage-{'several' if several else 'queue'}-{_turn()}"
    picked: Any = st.container(key="triage-table").dataframe(
        queue.rows(page, now, "" if several else current),
        key=key,
        hide_index=True,
        height="content" if len(page) <= 6 else 250,
        on_select="rerun",
        selection_mode="multi-row" if several else "single-row",
        column_config={
            "": st.column_config.TextColumn(width=30),
            "Priority": st.column_config.TextColumn(width=80, help="How soon a person should look; no severity."),
            "State": st.column_config.TextColumn(width=80),
            "Raised": st.column_config.TextColumn(width=110),
            "Seen": st.column_config.NumberColumn(width=60, help="How often the same ring was told"),
            "Kind": st.column_config.TextColumn(width=140),
            "What was flagged": st.column_config.TextColumn(width=640),
        },
        alt="Queue of alerts; select a row to work on it",
    )
    ticked = [page[i] for i in picked["selection"]["rows"] if i < len(page)]
    if several:
        return ticked
    if ticked and ticked[0]["id"] != current:
        _to(str(ticked[0]["id"]))
    return []


def _to(alert_id: str) -> None:
    """Work on another alert: nothing is ticked, and nothing asked, any more."""
    st.session_state[_CURRENT] = alert_id
    st.session_state[_TURN] = _turn() + 1
    acts.leave()
    st.rerun()


def _pages(which: str, page: Sequence[RowMapping], *, more: bool) -> None:
    after = _after(which)
    if not after and not more:
        return
    if st.button("Page before", key="page-before", icon=":material/arrow_back:", disabled=not after):
        _page(which, after[:-1])
    if st.button("Next page", key="page-next", icon=":material/arrow_forward:", disabled=not more):
        _page(which, [*after, str(page[-1]["id"])])
    st.caption(f"Page {len(after) + 1:,}")


def _page(which: str, after: list[str]) -> None:
    st.session_state[_AFTER] = (which, after)
    st.session_state["triage-place"] = 0
    _to("")


def _steps(page: Sequence[RowMapping], place: int) -> None:
    """One up or down in the queue."""
    last = len(page) - 1
    if st.button("Up", key="up", icon=":material/arrow_upward:", disabled=place == 0, shortcut="K"):
        _to(str(page[place - 1]["id"]))
    if st.button("Down", key="down", icon=":material/arrow_downward:", disabled=place == last, shortcut="J"):
        _to(str(page[place + 1]["id"]))
    st.caption(f"{place + 1:,} of {len(page):,} on this page")


def _one(row: RowMapping) -> None:
    """The alert that is worked on, and what can be done with it."""
    with st.container(border=True, key="triage-alert"):
        st.text(visible(row["summary"]))
        st.text("\n".join(queue.facts(row, datetime.now(UTC))))
        acts.one(row)
        with st.container(horizontal=True, key="triage-look"):
            if st.button("Evidence", key="evidence", icon=":material/search:", shortcut="E"):
                going.to_finding(row["finding"])
            if st.button("Picture", key="picture", icon=":material/hub:", shortcut="I"):
                going.to_investigate(row["finding"])
            if row["case_id"] and st.button("Its case", key="its-case", icon=":material/folder_open:"):
                going.to_case(row["case_id"])


def _empty(which: str) -> None:
    if which == "Waiting":
        st.success("Nothing waits. Detectors tell people of what is new with:", icon=":material/check_circle:")
        st.code("lockstep detect --since last", language=None)
    else:
        st.info("No alert is in this list.", icon=":material/inbox:")


SCREEN = Screen("Triage", "triage", -1, render, Permission.TRIAGE)
