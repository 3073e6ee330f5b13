"""Rings that are like one: by what they share, and by how they behave."""

from __future__ import annotations

import streamlit as st

from cases.roles import Permission
from dashboard import pairs, rhythm, state, views
from dashboard.navigation import Screen
from dashboard.screens.parts import empty, going, hours, paging, reading
from dashboard.state import Key, Opened
from dashboard.untrusted import one_line, visible
from detectors.alerting.alert import Measure
from detectors.alerting.echoes import Echoes
from graph.findings import Finding
from graph.store import View

_CHOICES = 500


def render() -> None:
    """The screen; the address names the ring as ``finding``."""
    st.title("Similar rings")
    reading.drawn(_screen)


def _screen(opened: Opened) -> None:
    going.back(SCREEN.path)
    found = state.findings(opened.key, opened.view)
    if not found:
        empty.nothing_flagged(opened.view, opened.key[0])
        return
    asked = st.query_params.get("finding")
    finding = opened.view.finding(asked) if asked else None
    if asked and finding is None:
        empty.unknown(asked)
    if finding is None:
        by = {f.id: f for f in found[:_CHOICES]}
        chosen = st.selectbox(
            "Of which finding", list(by), index=None, placeholder="A finding", key="of",
            format_func=lambda i: f"{i[:10]} · {views.kind_label(by[i].kind)} · {one_line(by[i].summary, 140)}",
        )  # fmt: skip
        if chosen:
            st.query_params["finding"] = chosen
            st.rerun()
        return
    _of(opened, finding, found)


@st.cache_resource(max_entries=32, show_spinner="Looking for rings like it …")
def _similar(key: Key, finding_id: str, _view: View, _finding: Finding) -> list[pairs.Like]:  # noqa: ARG001
    others = [f for f in state.findings(key, _view) if f.id != _finding.id]
    return pairs.similar(_finding, others, pairs.users_of(_view, _finding.accounts))


@st.cache_data(max_entries=64, show_spinner="Measuring how alike they are …")
def _measured(key: Key, a: str, b: str, _view: View, _a: Finding, _b: Finding) -> tuple[Measure, ...]:  # noqa: ARG001
    return Echoes(_view).between(_a, _b)


def _of(opened: Opened, finding: Finding, found: list[Finding]) -> None:
    with st.container(border=True):
        st.text(f"{views.kind_label(finding.kind)} · {finding.id}")
        st.text(visible(finding.summary, 600))
        if st.button("Open", key="open", icon=":material/open_in_new:"):
            going.to_finding(finding.id)
    likes = _similar(opened.key, finding.id, opened.view, finding)
    if not likes:
        st.info(f"None of the {len(found) - 1:,} other findings shares anything with it, or behaves like it.")
        return
    st.caption(
        f"{len(likes):,} of {len(found) - 1:,} other findings, the most alike first. Identifiers, accounts, links, "
        f"tickers: how many both have; identifiers that more than {pairs.USERS} accounts use do not count. Behaviour: "
        "how near the features of the scores are, 1 where they are the same. Likeness alone is no ground for action."
    )
    part, _ = paging.part(likes, "similar-page")
    table = st.dataframe(
        pairs.like_rows(part, st.context.timezone), hide_index=True, on_select="rerun", selection_mode="single-row",
        key="similar-table",
        column_config={"What was flagged": st.column_config.TextColumn(width=330)}, row_height=108,
        alt="Similar rings; select one to see what the two have in common",
    )  # fmt: skip
    at = going.picked(table, len(part))
    if at is None:
        st.caption("Select a row to see what the two have in common.")
        return
    _pair(opened, finding, part[at].finding)


def _pair(opened: Opened, finding: Finding, other: Finding) -> None:
    st.subheader("What the two have in common")
    st.text(visible(other.summary, 400))
    measures = _measured(opened.key, finding.id, other.id, opened.view, finding, other)
    st.dataframe(pairs.likeness_rows(measures), hide_index=True, alt="What was measured, beside what others have")
    if not any(m.name == "templates" for m in measures):
        st.caption("Texts and hours are measured only where something rare is shared: many have those in common.")
    _rhythms(opened, finding, other)
    with st.container(horizontal=True):
        if st.button("Compare", key="compare", icon=":material/compare_arrows:"):
            going.to_compare(finding.id, other.id)
        if st.button("Open the other", key="open-other", icon=":material/open_in_new:"):
            going.to_finding(other.id)


@st.cache_data(max_entries=64, show_spinner=False)
def _pattern(key: Key, finding_id: str, _view: View, _finding: Finding) -> rhythm.Pattern:  # noqa: ARG001
    posts = _view.posts(views.post_keys(_finding))
    return rhythm.pattern(p.created_at for p in posts if p.created_at is not None)


def _rhythms(opened: Opened, finding: Finding, other: Finding) -> None:
    """When in the week the two act: the hours of the posts that are their evidence."""
    patterns = [_pattern(opened.key, f.id, opened.view, f) for f in (finding, other)]
    st.subheader("Hours of the week (UTC)")
    if not all(p.sum() for p in patterns):
        st.text("The evidence of one of them has no posts.")
        return
    alike = rhythm.alike(*patterns)
    said = "too few posts to compare" if alike is None else f"alike by {alike:.2f} (cosine, 1: in the same hours)"
    st.caption(f"Of the posts in evidence: {said}. People of one zone who sleep at night look alike too.")
    for column, found, words in zip(st.columns(2, gap="large"), patterns, ("This one", "The other"), strict=True):
        with column:
            st.text(f"{words}: {found.sum():,} posts")
            hours.chart(found)


SCREEN = Screen("Similar rings", "similar", 14, render, Permission.SEE)
