"""Beside the canvas: why a finding was flagged, and what is known of the node, the line or the nodes selected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from dashboard import views
from dashboard.canvas import commands as c
from dashboard.canvas import telling
from dashboard.canvas.facets import ORDERS, facets_of
from dashboard.canvas.looks import named
from dashboard.canvas.scene import FIRST, Player
from dashboard.screens.parts import again, going
from dashboard.screens.parts.picture import Pictured
from dashboard.untrusted import one_line, visible
from graph.findings import Finding
from graph.model import NodeRef, NodeType, Post

_EVIDENCE_POSTS = 60  # posts of a piece of evidence that are put into the picture at once


def show(pictured: Pictured, player: Player) -> None:
    """What is selected; where nothing is, why the finding was flagged."""
    lines = telling.line_of(pictured.edge, pictured.scene) if pictured.edge else []
    selected = [n for n in pictured.selected if n in pictured.scene.nodes]
    if lines:
        st.subheader("Line")
        st.dataframe(telling.line_rows(lines, st.context.timezone), hide_index=True, alt="What joins the two nodes")
        _posts(*telling.posts_behind(lines, pictured.scene, player.view))
    elif len(selected) == 1:
        _node(selected[0], pictured, player)
    elif selected:
        _several(selected, pictured)
    else:
        for name in pictured.scene.findings[-1:]:
            finding = player.view.finding(name)
            if finding:
                _why(finding, pictured)
        if not pictured.scene.findings:
            st.caption("Click a node or a line for what is known of it; double-click a node to go on from it.")
        _notes(pictured)
    _ways(pictured, player)


def _ways(pictured: Pictured, player: Player) -> None:
    """The ways between two nodes that were asked for last."""
    ways = telling.way_rows(pictured.scene, player)
    if ways:
        st.subheader("Ways between")
        st.caption("The shortest first; of equally short ones that through what few others are joined to.")
        st.dataframe(ways, hide_index=True, alt="Ways between the two nodes, step by step")


def _notes(pictured: Pictured) -> None:
    """What was written on the picture, and more."""
    for node, text in pictured.scene.notes:
        if node is None:
            st.text(f"✎ {one_line(text, 1_000)}")
    with st.form("note-on-picture", clear_on_submit=True, border=False):
        text = st.text_input("Note on the picture", max_chars=1_000, key="note-text")
        if st.form_submit_button("Write", icon=":material/edit_note:") and text.strip():
            pictured.do(c.Note(text.strip()))
            again.over()


def _node(node: NodeRef, pictured: Pictured, player: Player) -> None:
    st.subheader(str(node.type).capitalize())
    rows = telling.node_rows(node, pictured.scene, player, st.context.timezone)
    st.dataframe(rows, hide_index=True, alt="What is known of the node")
    if node.type in going.PROFILED and st.button("Profile", icon=":material/badge:", key=f"profile-{node}"):
        going.to_profile(node)
    rows = telling.flagged(node, player)
    if rows:
        st.caption("Flagged is not guilty: judge an account by the evidence of its own.")
        st.dataframe(rows, hide_index=True, alt="Findings that the account is in")
    elif node.type is NodeType.ACCOUNT:
        st.caption("In no current finding.")
    _expand(node, pictured, player)
    with st.form(f"note-{node}", clear_on_submit=True, border=False):
        text = st.text_input("Note on it", max_chars=1_000, key=f"note-text-{node}")
        if st.form_submit_button("Write", icon=":material/edit_note:") and text.strip():
            pictured.do(c.Note(text.strip(), node))
            again.over()


def _expand(node: NodeRef, pictured: Pictured, player: Player) -> None:
    """Selective expansion: which way, of what time, how strong, in which order, how many."""
    ways = facets_of(player.view, node)
    if not ways:
        return
    with (
        st.expander("Go on from here", icon=":material/account_tree:", expanded=True),
        st.form(f"go-{node}", border=False),
    ):
        words = {f.name: f"{f.words} ({n:,}{' posts' if f.through else ''})" for f, n in ways}
        facet = st.selectbox("Which way", list(words), format_func=words.__getitem__)
        left, right = st.columns(2)
        order = left.selectbox("First", ORDERS, help="Which neighbours come first where not all are shown")
        limit = right.number_input("At most", 1, FIRST, 25)
        least = left.number_input("Joined at least", 1, 1_000, 1, help="Posts or relationships that join the two")
        days = right.date_input("Between", [], format="YYYY-MM-DD", help="Days, UTC; empty: any time")
        if st.form_submit_button("Show", icon=":material/add:", type="primary"):
            start, end = _span(days)
            command = c.Expand(node, facet, start, end, int(least), order, int(limit))
            pictured.do(command)
            again.over()


def _span(days: Sequence[date | None]) -> tuple[datetime | None, datetime | None]:
    """The days chosen, the last one whole."""
    known = [d for d in days if d is not None]
    if not known:
        return None, None
    start = datetime.combine(known[0], time(), UTC)
    return start, datetime.combine(known[-1], time(), UTC) + timedelta(days=1)


def _several(selected: Sequence[NodeRef], pictured: Pictured) -> None:
    st.subheader(f"{len(selected):,} selected")
    st.dataframe([{"Type": str(n.type), "Key": named(n, 120)} for n in selected], hide_index=True, alt="Selected nodes")
    with st.container(horizontal=True):
        if len(selected) == 2 and st.button("Way between", icon=":material/route:", key="way"):
            pictured.do(c.Path(selected[0], selected[1]))
            again.over()
        if st.button("Combine", icon=":material/group_work:", key="combine-chosen"):
            pictured.do(c.Combine("chosen", tuple(selected)))
            again.over()
        if st.button("Hide", icon=":material/visibility_off:", key="hide-chosen"):
            pictured.do(c.Hide(tuple(selected)))
            again.over()


def _why(finding: Finding, pictured: Pictured) -> None:
    """Why it was flagged, in words and numbers, and the part of the graph behind each number."""
    st.subheader("Why flagged")
    with st.container(key="why"):
        st.text(visible(finding.summary))
    if not finding.members:
        _nobody(finding)
    if st.button("Time", icon=":material/timeline:", key="to-time", help="Posts, accounts and prices by time"):
        going.to_time(finding=finding.id)
    st.caption(f"Score {finding.score:.2f}: {one_line(finding.score_means)}. Click a row for the part behind it.")
    picked = st.dataframe(
        [
            {k: row[k] for k in ("", "Value", "Expected", "Measure", "Rests on it", "p-value")}
            for row in views.evidence_rows(finding)
        ],
        hide_index=True,
        height=396 if len(finding.evidence) > 5 else "content",
        row_height=72,
        column_config={
            "": st.column_config.TextColumn(width=42),
            "Value": st.column_config.TextColumn(width=62),
            "Expected": st.column_config.TextColumn(width=72),
            "Measure": st.column_config.TextColumn(width=190),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"why-{finding.id}",
        alt="Measurements: value, expected value and p-value",
    )
    chosen = [finding.evidence[i] for i in picked["selection"]["rows"] if i < len(finding.evidence)]
    for evidence in chosen:
        nodes = list(evidence.nodes)
        missing = [n for n in nodes if n not in pictured.scene.nodes]
        st.caption(f"{views.nodes_line(nodes)}; {len(nodes) - len(missing):,} of them in the picture.")
        if missing and st.button("Put its evidence into the picture", icon=":material/add:", key="show-evidence"):
            pictured.do(c.Add(tuple(missing[:_EVIDENCE_POSTS])))
            again.over()
    for title, rows in (
        ("Rests on", views.rests_on(finding)),
        ("Would clear it", [f"{x.state}: {x.text}{f' ({x.detail})' if x.detail else ''}" for x in finding.would_clear]),
        ("Limits", list(finding.limits)),
    ):
        if rows:
            with st.expander(f"{title} ({len(rows)})", expanded=title == "Rests on"):
                for row in rows:
                    st.text(one_line(row))


def _nobody(finding: Finding) -> None:
    """What a finding without members is a picture of."""
    st.caption(
        "This finding names no account: the picture shows what moved, and nobody who posts about it is flagged by it. "
        "Double-click the ticker for who names it."
    )
    if st.button("Through time", icon=":material/timeline:", key="through-time"):
        going.to_time(finding=finding.id)


def _posts(posts: Sequence[Post], total: int) -> None:
    rows = views.post_rows(posts, {}, st.context.timezone)
    if rows:
        st.caption(f"The newest {len(rows):,} of {total:,} posts behind it.")
        st.dataframe(
            [{k: row[k] for k in ("Time", "Text", "Post")} for row in rows],
            hide_index=True,
            alt="Posts behind the line",
        )
