"""Two rings beside each other, or one ring at two dates: who joined, who left, what changed."""

from __future__ import annotations

import streamlit as st

from cases.roles import Permission
from dashboard import pairs, state, views
from dashboard.navigation import Screen
from dashboard.screens.parts import empty, going, paging, reading
from dashboard.state import Key, Opened
from dashboard.times import span
from dashboard.untrusted import one_line, visible
from graph.findings import Finding
from graph.model import NodeRef, NodeType
from graph.store import View

_CHOICES = 500  # findings that can be chosen from a list; any other by its address


def render() -> None:
    """The screen; the address names the two as ``a`` and ``b``."""
    st.title("Compare")
    reading.drawn(_screen)


def _screen(opened: Opened) -> None:
    going.back(SCREEN.path)
    every = state.earlier(opened.key, opened.view)
    if not every:
        empty.nothing_flagged(opened.view, opened.key[0])
        return
    current = [f.id for f in state.findings(opened.key, opened.view)][:_CHOICES]
    a = _choose(opened, "A", "a", current, every)
    if a is None:
        st.caption("Choose two findings, or come here from one.")
        return
    lineage = [f.id for f in every.values() if f.lineage_id == a.lineage_id and f.id != a.id]
    b = _choose(opened, "B (earlier and later states of the same ring first)", "b",
                [*lineage, *(c for c in current if c not in {a.id, *lineage})], every)  # fmt: skip
    if b is None:
        st.caption("Choose what to compare it with.")
    elif a.id == b.id:
        st.info("These are the same finding.", icon=":material/info:")
    else:
        _pair(opened, a, b)


def _choose(opened: Opened, label: str, name: str, ids: list[str], every: dict[str, Finding]) -> Finding | None:
    """A finding from the list; the one that the address names, where it names one."""
    asked = st.query_params.get(name)
    known = opened.view.finding(asked) if asked else None
    if asked and known is None:
        empty.unknown(asked)
    options = list(dict.fromkeys([*([known.id] if known else []), *ids]))
    chosen = st.selectbox(
        label, options, format_func=lambda i: _named(every.get(i)),
        index=options.index(known.id) if known else None, placeholder="A finding", key=f"choose-{name}-{asked or ''}",
    )  # fmt: skip
    if chosen and chosen != (known.id if known else None):
        st.query_params[name] = chosen
        st.rerun()
    return every.get(chosen) if chosen else None


def _named(f: Finding | None) -> str:
    """A finding in one line of a list, which is not interpreted."""
    if f is None:
        return "a finding"
    return f"{f.id[:10]} · {views.kind_label(f.kind)} · on commit {f.data_cut:,} · {one_line(f.summary, 80)}"


@st.cache_data(max_entries=32, show_spinner="Comparing …")
def _users(key: Key, ids: tuple[str, ...], _view: View, _findings: list[Finding]) -> dict[str, frozenset[str]]:  # noqa: ARG001
    return pairs.users_of(_view, {a for f in _findings for a in f.accounts})


def _pair(opened: Opened, a: Finding, b: Finding) -> None:
    st.subheader("One ring at two dates" if a.lineage_id == b.lineage_id else "Two rings")
    with st.container(key="summary"):
        said = one_line(pairs.said(a, b), 500)
        st.text(said[:1].upper() + said[1:])
    for column, name, f in zip(st.columns(2, gap="large"), ("A", "B"), (a, b), strict=True):
        with column, st.container(border=True):
            st.text(f"{name}: {views.kind_label(f.kind)}, priority {f.priority}, {len(f.members):,} accounts")
            st.text(visible(f.summary, 600))
            st.text(span(f.window, st.context.timezone))
            if st.button("Open", key=f"open-{name}", icon=":material/open_in_new:"):
                going.to_finding(f.id)
    users = _users(opened.key, (a.id, b.id), opened.view, [a, b])
    st.subheader("In common, and alone")
    st.dataframe(
        pairs.beside_rows(a, b, pairs.joint(users, a, b)), hide_index=True, row_height=72,
        column_config={
            "What": st.column_config.TextColumn(width=150),
            **{name: st.column_config.TextColumn(width=310) for name in ("In both", "A alone", "B alone")},
        },
        alt="What both have, and what one has alone",
    )  # fmt: skip
    _members(opened, a, b)
    rows = pairs.measure_rows(a, b)
    if rows:
        with st.expander("Features side by side", icon=":material/balance:"):
            st.dataframe(rows, hide_index=True, alt="Features of the scores of both")


def _members(opened: Opened, a: Finding, b: Finding) -> None:
    st.subheader("Members side by side")
    st.caption("Being a member is no guilt. Select a row for the account's profile.")
    rows = pairs.member_rows(a, b, {})
    if not rows:
        st.text("Neither names an account.")
        return
    part, _ = paging.part(rows, "compare-members-page")
    keys = _keys(a, b)
    for row in part:
        known = opened.view.account(keys[str(row["Account"])])
        row["Handle"] = one_line(known.handle) if known and known.handle else "–"
    table = st.dataframe(
        list(part), hide_index=True, on_select="rerun", selection_mode="single-row",
        key=f"compare-members-{going.visit()}",
        alt="Members of both, then of one alone; select one for its profile",
    )  # fmt: skip
    at = going.picked(table, len(part))
    if at is not None:
        going.to_profile(NodeRef(NodeType.ACCOUNT, keys[str(part[at]["Account"])]))


def _keys(a: Finding, b: Finding) -> dict[str, str]:
    """Account keys by what is shown of them."""
    return {one_line(n): n for n in (*a.accounts, *b.accounts)}


SCREEN = Screen("Compare", "compare", 13, render, Permission.SEE)
