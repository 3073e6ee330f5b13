"""Ways from one screen to another."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from dashboard import navigation
from dashboard.canvas.commands import Add, to_link
from graph.model import NodeRef, NodeType

PROFILED = {NodeType.ACCOUNT: "account", NodeType.TICKER: "ticker", NodeType.LINK: "link"}
"""Node types that have a profile, with its path."""


_VISIT = "visits"
_FROM = "came-from"


def visit() -> int:
    """A number for the keys of tables that lead away: another one after each way taken.

    Whoever comes back by the browser's button finds nothing ticked, and stays.
    """
    return int(st.session_state.get(_VISIT, 0))


def _go(path: str, **query: str) -> None:
    st.session_state[_VISIT] = visit() + 1
    here = urlsplit(st.context.url or "").path.rpartition("/")[2] or navigation.discover()[0].path
    st.session_state[_FROM] = (path, here, st.query_params.to_dict())
    st.switch_page(navigation.page(path), query_params=query)


def back(path: str) -> None:
    """A button to where this screen was come to from, with what was open there: the browser's own forgets that."""
    to, here, query = st.session_state.get(_FROM, ("", "", {}))
    known = {s.path for s in navigation.discover()}
    if to == path and here in known and st.button("Back", icon=":material/arrow_back:", key="back-from"):
        _go(here, **query)


def to_profile(node: NodeRef) -> None:
    """Go to the profile of an account, a ticker or a link."""
    _go(PROFILED[node.type], key=node.key)


def to_finding(finding_id: str) -> None:
    """Go to a finding's page."""
    _go("findings", finding=finding_id)


def to_case(case_id: str, part: str = "") -> None:
    """Go to a case, and to a part of it."""
    _go("cases", case=case_id, **({"part": part} if part else {}))


def to_investigate(finding_id: str) -> None:
    """Go to a finding's picture."""
    _go("investigate", finding=finding_id)


def to_time(**query: str) -> None:
    """Go to a finding or a ticker through time."""
    _go("time", **query)


def to_picture(nodes: list[NodeRef], seq: int) -> None:
    """Go to a picture of these nodes."""
    _go("investigate", view=to_link([Add(tuple(nodes))], seq))


def to_similar(finding_id: str) -> None:
    """Go to the rings that are like a finding's."""
    _go("similar", finding=finding_id)


def to_compare(a: str, b: str = "") -> None:
    """Go to two findings side by side, or to one and the choice of another."""
    _go("compare", a=a, **({"b": b} if b else {}))


def picked(table: Any, size: int) -> int | None:
    """Place of the row that is ticked in a table of so many; None where none is."""
    rows = table["selection"]["rows"]
    return rows[0] if rows and rows[0] < size else None
