"""One finding, opened: what was measured, against whom, what would clear it, and the posts behind it."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from dashboard import state, views
from dashboard.canvas.commands import Open
from dashboard.screens.parts import going, paging, picture, tocase
from dashboard.state import Opened
from dashboard.times import span
from dashboard.untrusted import one_line, visible
from graph.findings import Checked, Finding
from graph.model import NodeRef, NodeType

_PAGE = 50  # posts at a time
ROW = 72
"""Height of a row whose texts have three lines; Streamlit breaks them from 65 pixels on."""
_RESTS = 5  # measurements listed; the table marks them all
_STATES: dict[Checked, tuple[str, Literal["orange", "gray", "green"]]] = {  # what speaks for the members first
    Checked.PRESENT: (":material/report:", "orange"),
    Checked.NOT_CHECKABLE: (":material/help:", "gray"),
    Checked.EXCLUDED: (":material/check:", "green"),
}


def show(opened: Opened, finding: Finding) -> None:
    """Everything about one finding."""
    _head(opened, finding)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _picture(opened, finding)
    with right:
        _rests_on(finding)
        _would_clear(finding)
        _limits(finding)
    _evidence(finding)
    _members(opened, finding)
    _posts(opened, finding)
    if finding.reasons:
        with st.expander("Why this score", icon=":material/balance:"):
            st.caption(f"{finding.score:.2f}: {one_line(finding.score_means)}. What is unknown speaks neither way.")
            st.dataframe(views.reason_rows(finding), hide_index=True, alt="Features, their weights and contributions")
    with st.expander("How this finding was made", icon=":material/settings:"):
        st.dataframe(views.origin_rows(finding), hide_index=True, alt="Detector, parameters and data of the finding")


def _head(opened: Opened, finding: Finding) -> None:
    with st.container(border=True):
        st.text(f"{views.kind_label(finding.kind)} · flagged by {finding.detector}")
        with st.container(key="summary"):
            st.text(visible(finding.summary))
        st.text(f"{span(finding.window, st.context.timezone)}  {', '.join(map(views.ticker, finding.tickers))}")
        if finding.links:
            st.text("Links (text only): " + "  ".join(one_line(x, 200) for x in finding.links[:10]))
        cells = st.columns(4)
        cells[0].metric("Priority", str(finding.priority), help="How soon a person should look; not how severe it is.")
        name, about = views.score_name([finding])
        cells[1].metric(name, f"{finding.score:.2f}", help=about)
        cells[2].metric("Members", f"{len(finding.members):,}")
        cells[3].metric("Posts in evidence", f"{len(views.post_keys(finding)):,}")
    newer = views.behind(finding, opened.view)
    if newer:
        st.caption(newer)


def _picture(opened: Opened, finding: Finding) -> None:
    st.subheader("Evidence graph")
    _canvas(picture.begun("finding", (opened.key[0], finding.id), opened.view.seq, [Open(finding.id)]))
    with st.container(horizontal=True):
        if st.button(
            "Investigate", icon=":material/hub:", key="investigate", help="Expand, combine, find ways, go back"
        ):
            going.to_investigate(finding.id)
        if st.button("Time", icon=":material/timeline:", key="to-time", help="Posts, accounts and prices by time"):
            going.to_time(finding=finding.id)
        if st.button("Similar rings", icon=":material/join_inner:", key="similar"):
            going.to_similar(finding.id)
        before = (finding.supersedes, finding.id) if finding.supersedes else (finding.id,)
        words = "Compare with before" if finding.supersedes else "Compare"
        if st.button(words, icon=":material/compare_arrows:", key="compare"):
            going.to_compare(*before)
        tocase.of_finding(opened.view.seq, finding.id)


@st.fragment
def _canvas(pictured: picture.Pictured) -> None:
    """The finding's members and what they share; a run of its own, so that a click does not redraw the page."""
    with state.opened(pictured.seq) as opened:
        picture.show(opened, pictured, "finding-canvas", height=520)


def _rests_on(finding: Finding) -> None:
    st.subheader("What it rests on")
    st.caption("Without these measurements, and any more that the limits speak of, it would not have been flagged.")
    lines = views.rests_on(finding)
    with st.container(key="rests"):
        for line in lines[:_RESTS]:
            st.text(line)
    if len(lines) > _RESTS:
        st.caption(f"… and {len(lines) - _RESTS} more, marked in the table of measurements.")
    if not finding.rests_on:
        st.text("The detector does not say.")


def _would_clear(finding: Finding) -> None:
    st.subheader("What would clear it")
    st.caption("Innocent explanations of such a pattern, and what is known of each.")
    for x in sorted(finding.would_clear, key=lambda x: list(_STATES).index(x.state)):
        icon, colour = _STATES[x.state]
        with st.container(gap="xxsmall"):
            st.badge(str(x.state), icon=icon, color=colour)
            st.text(one_line(x.text) + (f": {one_line(x.detail)}" if x.detail else ""))
    if not finding.would_clear:
        st.text("The detector names none; think of some before you decide.")


def _limits(finding: Finding) -> None:
    if finding.limits:
        st.subheader("Limits")
        st.caption("What was skipped, capped or not known.")
        for line in finding.limits:
            st.text(f"• {one_line(line)}")


def _evidence(finding: Finding) -> None:
    st.subheader("Measurements")
    column = st.column_config
    rows, _ = paging.part(views.evidence_rows(finding), f"measured-{finding.id}")
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "": column.TextColumn(width=50),
            "Measure": column.TextColumn(width=460),
            "Nodes": column.TextColumn(width=220),
            "p-value": column.TextColumn(help=views.ABOUT_P),
        },
        alt="Measurements: value, expected value and p-value of each piece of evidence",
    )


def _members(opened: Opened, finding: Finding) -> None:
    st.subheader("Members")
    st.caption(
        "Being a member is no guilt: hijacked, duped and shared-network accounts end up in rings. "
        "Judge an account by the evidence of its own. Select a row for the account's profile."
    )
    part, first = paging.part(
        state.members(opened.key, finding.id, st.context.timezone, opened.view, finding), f"members-{finding.id}"
    )
    table = st.dataframe(
        part,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"members-{finding.id}-{first}-{going.visit()}",
        column_config={
            "Role": st.column_config.TextColumn(width=150),
            views.RANK: st.column_config.NumberColumn(format="%.2f", help=views.ABOUT_RANK, width=120),
            "Labels": st.column_config.TextColumn(width=330),
        },
        alt="Members with role and evidence of their own; select one for its profile",
    )
    at = going.picked(table, len(part))
    if at is not None:
        going.to_profile(NodeRef(NodeType.ACCOUNT, finding.members[first + at].account))


def _posts(opened: Opened, finding: Finding) -> None:
    st.subheader("Posts behind it")
    names = views.evidence_names(finding)
    measures = {e.ref: f"{one_line(e.measure, 90)} ({views.nodes_line(e.nodes)})" for e in finding.evidence}
    chosen = st.selectbox(
        "Evidence",
        ["", *names],
        format_func=lambda ref: f"{names[ref]}: {measures[ref]}" if ref else "All evidence",
        key=f"posts-of-{finding.id}",
    )
    keys = views.post_keys(finding, (chosen,) if chosen else ())
    if not keys:
        st.info("This evidence is not made of posts; the picture and the measurements show what it is made of.")
        return
    found, rows = state.posts(opened.key, keys, st.context.timezone, opened.view)
    missing = len(keys) - len(rows)
    st.caption(
        f"{len(rows):,} posts by time. Hidden characters are shown as ⟨U+…⟩; links are text and are never opened."
        + (f" {missing:,} more are no longer in the store." if missing else "")
    )
    page = _page(len(rows), f"page-{finding.id}-{chosen}")
    first = page * _PAGE
    part = rows[first : first + _PAGE]
    picked = st.dataframe(
        part,
        hide_index=True,
        row_height=ROW,  # a post's text has three lines
        height="content" if len(part) <= 8 else 520,
        on_select="rerun",
        selection_mode="single-row",
        key=f"posts-{finding.id}-{chosen}-{page}",
        column_config={
            "Time": st.column_config.TextColumn(width=195),
            "Account": st.column_config.TextColumn(width=240),
            "Kind": st.column_config.TextColumn(width=70),
            "Text": st.column_config.TextColumn(width=520),
        },
        alt="Posts behind the evidence, by time; select a row to read it in full",
    )
    selected = picked["selection"]["rows"]
    if selected and selected[0] < len(part):
        _post(opened, found[first + selected[0]], part[selected[0]])


def _page(total: int, key: str) -> int:
    """Number of the page shown, from 0."""
    pages = -(-total // _PAGE)
    return st.pagination(pages, key=key) - 1 if pages > 1 else 0


def _post(opened: Opened, key: str, row: views.Row) -> None:
    with st.container(border=True, key="post"):
        st.text(f"{row['Time']} · {row['Account']} · {row['Kind']} {row['Post']}")
        st.text(str(row["Text"]))
        for name in ("Tickers", "Links", "Hashtags"):
            if row[name]:
                st.text(f"{name}: {row[name]}")
        for text in views.versions(opened.view.history("posts", {"post": key})):
            st.caption("Before it was changed or removed:")
            st.text(text)
