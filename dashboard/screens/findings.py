"""What was flagged: the list of findings, and one finding with everything needed to check it.

Text that came with the data is shown by ``st.text`` and ``st.dataframe`` alone, which do not interpret it; labels,
captions and notices, which are Markdown, hold only words of our own and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from cases.roles import Permission
from dashboard import exporting, navigation, state, triage, views
from dashboard.access.people import who
from dashboard.canvas.commands import to_link
from dashboard.navigation import Screen
from dashboard.screens.parts import detail, empty, going, paging, reading
from dashboard.state import Opened
from dashboard.untrusted import one_line
from graph.findings import Finding, Priority, Status

PARAMETER = "finding"  # in the address: ?finding=ID
_LIST = "findings-list"
_VISIT = "visit"


def render() -> None:
    """The screen."""
    reading.drawn(_screen)


def _screen(opened: Opened) -> None:
    st.title("Findings")
    now = datetime.now(UTC)
    newest = state.newest_post(opened.key, opened.view)
    st.caption(views.staleness(opened.view.seq, newest, now, st.context.timezone))
    wanted = st.query_params.get(PARAMETER)
    if wanted:
        _one(opened, wanted)
        return
    found = state.findings(opened.key, opened.view)
    if found:
        _list(opened, found)
    else:
        empty.nothing_flagged(opened.view, opened.key[0])
    empty.failed_runs(state.runs(opened.key, opened.view))


def _standing(opened: Opened, found: list[Finding]) -> dict[str, str]:
    return triage.standings(found, state.runs(opened.key, opened.view))


def _list(opened: Opened, found: list[Finding]) -> None:
    standing = _standing(opened, found)
    _filters(found)
    shown = triage.listed(found, triage.Wanted.of(st.session_state), standing)
    hidden = len(found) - len(shown)
    if not shown:
        st.info(f"No finding matches; the filters above hide all {hidden:,}.", icon=":material/filter_alt:")
        return
    left_out = f" · {hidden:,} hidden by the filters" if hidden else ""
    several = who().may(Permission.TRIAGE) and st.toggle("Select several", key="several")
    what = "Select rows, then choose what to do with them." if several else "Select a row to open its evidence."
    st.caption(f"{len(shown):,} flagged{left_out}. {what}")
    visit = st.session_state.setdefault(_VISIT, 0)  # another table each time, so that no tick of before opens anything
    part, first = paging.part(shown, "findings-page")
    name = f"{_LIST}-{visit}" + (f"-{first}" if first else "") + ("-several" if several else "")
    picked = st.container(key=_LIST).dataframe(
        views.finding_rows(part, st.context.timezone),
        key=name,
        hide_index=True,
        height="content" if len(part) <= 8 else 640,
        row_height=108,
        on_select="rerun",
        selection_mode="multi-row" if several else "single-row",
        column_config=_columns(),
        alt="List of findings; select a row to open its evidence",
    )
    rows = [r for r in picked["selection"]["rows"] if r < len(part)]
    if several:
        _several(opened, shown, [part[r] for r in rows], standing)
    elif rows:
        _go(part[rows[0]].id)


def _several(opened: Opened, shown: list[Finding], ticked: list[Finding], standing: dict[str, str]) -> None:
    """What to do with those that are ticked, or with the whole list: first what it would do, then, confirmed, that."""
    with st.container(border=True, key="triage"):
        everything = st.toggle(f"All {len(shown):,} in the list, on every page", key="all-listed")
        chosen = shown if everything else ticked
        if not chosen:
            st.caption("Nothing is selected.")
            return
        may = {a.name: a for a in triage.ACTIONS if who().may(a.needs)}
        name = st.selectbox(
            f"What to do with {len(chosen):,} selected", list(may), index=None, placeholder="Choose",
            format_func=lambda n: may[n].words, key="action", width=360,
        )  # fmt: skip
        if name is None:
            return
        st.caption("What would be done:")
        for line in may[name].would(chosen):
            st.text(line)
        _confirm(opened, name, chosen, standing)


def _confirm(opened: Opened, name: str, chosen: list[Finding], standing: dict[str, str]) -> None:
    if name == "picture":
        if st.button("Do it", type="primary", key="confirm", icon=":material/hub:"):
            link = to_link(triage.opening(chosen), opened.view.seq)
            st.switch_page(navigation.page("investigate"), query_params={"view": link})
        return
    csv = name == "csv"
    data = exporting.to_csv(triage.export_rows(chosen, standing)) if csv else exporting.to_jsonl(chosen)
    st.download_button(
        "Do it", data, "findings.csv" if csv else "findings.jsonl", "text/csv" if csv else "application/x-ndjson",
        type="primary", key="confirm", icon=":material/download:",
    )  # fmt: skip


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "Priority": column.TextColumn(width=80, help="How soon a person should look; not how severe it is."),
        "Kind": column.TextColumn(width=125),
        views.RANK: column.NumberColumn(format="%.2f", width=120, help=views.ABOUT_RANK),
        views.SCORE: column.NumberColumn(format="%.2f", width=120, help=views.ABOUT_SCORE),
        "Members": column.NumberColumn(width=75),
        "Tickers": column.TextColumn(width=90),
        "What was flagged": column.TextColumn(width=540),
        "Window": column.TextColumn(width=220),
        "Finding": column.TextColumn(width=90),
    }


def _filters(found: list[Finding]) -> None:
    """The filters; what is chosen is kept by the session."""
    kind, ticker, status = st.columns([2, 2, 1], vertical_alignment="bottom")
    with kind:
        _choice("Kind", "kinds", sorted({f.kind for f in found}), views.kind_label)
    with ticker:
        _choice("Ticker", "tickers", sorted({t for f in found for t in f.tickers}), views.ticker)
    shadows = sum(f.status is Status.SHADOW for f in found)
    status.toggle(
        f"Shadow findings ({shadows:,})",
        disabled=not shadows,
        key="shadow",
        persist_state="session",
        help="Recorded on trial; they alert nobody.",
    )
    with st.expander("More filters, and order", icon=":material/tune:"):
        cells = st.columns(3)
        with cells[0]:
            _choice("Priority", "priorities", [str(p) for p in Priority])
            st.text_input("Words", key="words", max_chars=200, persist_state="session",
                          help="All of them somewhere in the sentence, tickers, links, account keys or id")  # fmt: skip
        with cells[1]:
            _choice("Detector", "detectors", sorted({f.detector for f in found}), one_line)
            st.date_input("Window touches", [], key="days", format="YYYY-MM-DD", persist_state="session",
                          help="First and last day, UTC")  # fmt: skip
        with cells[2]:
            _choice("Standing", "standings", list(triage.STANDINGS))
            st.selectbox("Order", list(triage.ORDERS), format_func=lambda n: triage.ORDERS[n][0], key="order",
                         persist_state="session")  # fmt: skip


def _choice(label: str, key: str, options: Sequence[str], words: Callable[[str], str] = str) -> None:
    st.multiselect(
        label, options, format_func=words, placeholder=f"Any {label.lower()}", key=key, persist_state="session"
    )


def _one(opened: Opened, wanted: str) -> None:
    found = state.findings(opened.key, opened.view)
    finding = opened.view.finding(wanted)
    _steps(opened, found, finding)
    if finding is None:
        empty.unknown(wanted)
        return
    if all(f.id != finding.id for f in found):
        st.warning("A later finding supersedes this one; it is kept as it was made.", icon=":material/history:")
    detail.show(opened, finding)


def _steps(opened: Opened, found: list[Finding], finding: Finding | None) -> None:
    """Back to the list, and to the neighbours in it as it is filtered."""
    listed = triage.listed(found, triage.Wanted.of(st.session_state), _standing(opened, found))
    ids = [f.id for f in listed]
    at = ids.index(finding.id) if finding and finding.id in ids else None
    with st.container(horizontal=True, vertical_alignment="center"):
        going.back(SCREEN.path)
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
