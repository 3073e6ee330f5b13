"""What waits for whoever looks: the first thing on the overview and on the list of cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st
from sqlalchemy import RowMapping

from cases.mine import Mine
from cases.mine import mine as waiting
from cases.privacy.pseudonyms import outside
from dashboard import clocks, desk, times
from dashboard.screens.parts import going
from dashboard.untrusted import one_line
from graph.errors import LockstepError

SHOWN = 5  # of each kind; the rest is counted


def first() -> Mine | None:
    """What waits for this person, drawn; None where the casebook cannot be read, which the overview only mentions."""
    try:
        at = desk.desk()
        with at.look("desk") as look:
            found = waiting(look)
    except LockstepError as error:
        if desk.missing(error):
            st.caption("There is no casebook yet: Triage says how one is made.")
        else:
            st.warning("The casebook cannot be read: what waits for you is not shown.", icon=":material/warning:")
            st.text(one_line(error.message, 300))
        return None
    show(found, hide=outside(at.actor))
    return found


def show(found: Mine, *, hide: bool = False) -> None:
    """Cases held, approvals, appeals and mentions: each a line with the way to it; for people outside without words."""
    st.subheader("Mine first")
    if found.nothing:
        free = f" {found.free:,} case{'' if found.free == 1 else 's'} nobody holds yet." if found.free else ""
        st.caption(f"Nothing waits for you alone.{free}")
        return
    now = datetime.now(UTC)
    lists: tuple[tuple[str, str, tuple[RowMapping, ...], Callable[[RowMapping], str]], ...] = (
        ("Waiting for your approval", "approve", found.approvals, lambda r: f"until {_at(r['expires_at'])}"),
        ("Handed to you", "handoff", found.handoffs, lambda r: f"for {r['team']}, {clocks.due(r['due_at'], now)}"),
        ("Your cases", "hold", found.cases, lambda r: _held(found, r, now)),
        ("Appeals", "appeal", found.appeals, lambda r: f"{_words(r['state'])} · {_age(r['received_at'], now)}"),
        ("You were named", "named", found.mentions, lambda r: f"{one_line(r['text'], 120)} · {_age(r['at'], now)}"),
    )
    for title, key, rows, words in lists:
        if not rows:
            continue
        st.caption(f"{title}: {len(rows):,}")
        for row in rows[:SHOWN]:
            _line(key, row, "" if hide and key == "named" else words(row), hide=hide)
        if len(rows) > SHOWN:
            st.caption(f"and {len(rows) - SHOWN:,} more, under Cases")


def _held(found: Mine, row: RowMapping, now: datetime) -> str:
    """Where a case of one's own stands, and its clock that is due next."""
    clock = found.due.get(str(row["id"]))
    if clock is None:
        return f"{_words(row['state'])} · opened {_age(row['opened_at'], now)}"
    return f"{_words(row['state'])} · {clocks.words(clock['kind'])} {clocks.due(clock['due_at'], now)}"


def _line(key: str, row: RowMapping, words: str, *, hide: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-{row['id']}"):
        if st.button("Open", key=f"open-{key}-{row['id']}", icon=":material/folder_open:", width=110):
            going.to_case(row["case_id"] if "case_id" in row else row["id"])
        title = f"case {row['case_id'] if 'case_id' in row else row['id']}" if hide else one_line(row["title"], 90)
        st.text(f"{row['severity']} · {title} · {words}")


def _words(state: str) -> str:
    return state.replace("_", " ")


def _age(then: datetime, now: datetime) -> str:
    return times.age(then, now)


def _at(at: datetime) -> str:
    return times.second(at, st.context.timezone)
