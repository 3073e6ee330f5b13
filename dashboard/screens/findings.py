"""What was flagged: the list of findings, and one finding with everything needed to check it.

Text that came with the data is shown by ``st.text`` and ``st.dataframe`` alone, which do not interpret it; labels,
captions and notices, which are Markdown, hold only words of our own and numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from dashboard import state, views
from dashboard.access.roles import Permission
from dashboard.navigation import Screen
from dashboard.screens.parts import detail, empty
from dashboard.state import Opened
from graph.errors import LockstepError
from graph.findings import Finding, Status

PARAMETER = "finding"  # in the address: ?finding=ID
_LIST = "findings-list"
_VISIT = "visit"


def render() -> None:
    """The screen."""
    try:
        with state.opened() as opened:
            _screen(opened)
    except LockstepError as error:
        empty.failed(error)


def _screen(opened: Opened) -> None:
    st.title("Findings")
    now = datetime.now(UTC)
    newest = state.newest_post(opened.key, opened.view)
    st.caption(views.staleness(opened.view.seq, newest, now))
    wanted = st.query_params.get(PARAMETER)
    if wanted:
        _one(opened, wanted)
        return
    found = state.findings(opened.key, opened.view)
    if found:
        _list(found)
    else:
        empty.nothing_flagged(opened.view, opened.key[0])
    empty.failed_runs(opened.view)


def _list(found: list[Finding]) -> None:
    kinds, tickers, shadow = _filters(found)
    shown = views.select(found, kinds, tickers, shadow=shadow)
    hidden = len(found) - len(shown)
    if not shown:
        st.info(f"No finding matches; the filters above hide all {hidden:,}.", icon=":material/filter_alt:")
        return
    left_out = f" · {hidden:,} hidden by the filters" if hidden else ""
    st.caption(f"{len(shown):,} flagged{left_out}. Select a row to open its evidence.")
    visit = st.session_state.setdefault(_VISIT, 0)  # another table each time, so that no tick of before opens anything
    picked = st.container(key=_LIST).dataframe(
        views.finding_rows(shown),
        key=f"{_LIST}-{visit}",
        hide_index=True,
        height="content" if len(shown) <= 8 else 640,
        row_height=86,
        on_select="rerun",
        selection_mode="single-row",
        column_config=_columns(),
        alt="List of findings; select a row to open its evidence",
    )
    rows = picked["selection"]["rows"]
    if rows and rows[0] < len(shown):
        _go(shown[rows[0]].id)


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "Priority": column.TextColumn(width=80, help="How soon a person should look; not how severe it is."),
        "Kind": column.TextColumn(width=125),
        views.RANK: column.NumberColumn(format="%.2f", width=120, help=views.ABOUT_RANK),
        views.SCORE: column.NumberColumn(format="%.2f", width=120, help=views.ABOUT_SCORE),
        "Members": column.NumberColumn(width=75),
        "Tickers": column.TextColumn(width=90),
        "What was flagged": column.TextColumn(width=500),
        "Window": column.TextColumn(width=200),
        "Finding": column.TextColumn(width=90),
    }


def _filters(found: list[Finding]) -> tuple[list[str], list[str], bool]:
    kind, ticker, status = st.columns([2, 2, 1], vertical_alignment="bottom")
    kinds = kind.multiselect(
        "Kind",
        sorted({f.kind for f in found}),
        format_func=views.kind_label,
        placeholder="Any kind",
        key="kinds",
        persist_state="session",
    )
    tickers = ticker.multiselect(
        "Ticker",
        sorted({t for f in found for t in f.tickers}),
        format_func=views.ticker,
        placeholder="Any ticker",
        key="tickers",
        persist_state="session",
    )
    shadows = sum(f.status is Status.SHADOW for f in found)
    shadow = status.toggle(
        f"Shadow findings ({shadows:,})",
        disabled=not shadows,
        key="shadow",
        persist_state="session",
        help="Recorded on trial; they alert nobody.",
    )
    return kinds, tickers, shadow


def _one(opened: Opened, wanted: str) -> None:
    found = state.findings(opened.key, opened.view)
    finding = opened.view.finding(wanted)
    _steps(found, finding)
    if finding is None:
        empty.unknown(wanted)
        return
    if all(f.id != finding.id for f in found):
        st.warning("A later finding supersedes this one; it is kept as it was made.", icon=":material/history:")
    detail.show(opened, finding)


def _steps(found: list[Finding], finding: Finding | None) -> None:
    """Back to the list, and to the neighbours in it as it is filtered."""
    kept = st.session_state
    listed = views.select(found, kept.get("kinds", ()), kept.get("tickers", ()), shadow=kept.get("shadow", False))
    ids = [f.id for f in listed]
    at = ids.index(finding.id) if finding and finding.id in ids else None
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("All findings", icon=":material/list:", key="back"):
            _go(None)
        if at is None:
            return
        if st.button("Previous", icon=":material/arrow_back:", key="previous", disabled=at == 0):
            _go(ids[at - 1])
        if st.button("Next", icon=":material/arrow_forward:", key="next", disabled=at == len(ids) - 1):
            _go(ids[at + 1])
        st.caption(f"{at + 1:,} of {len(ids):,} in the list")


def _go(finding_id: str | None) -> None:
    """Change the address and show what it names."""
    st.session_state[_VISIT] = st.session_state.get(_VISIT, 0) + 1
    if finding_id is None:
        st.query_params.clear()
    else:
        st.query_params[PARAMETER] = finding_id
    st.rerun()


SCREEN = Screen("Findings", "findings", 0, render, Permission.SEE)
