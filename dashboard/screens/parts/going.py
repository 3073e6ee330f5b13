"""Ways from one screen to another."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import navigation
from dashboard.canvas.commands import Add, to_link
from graph.model import NodeRef, NodeType

PROFILED = {NodeType.ACCOUNT: "account", NodeType.TICKER: "ticker", NodeType.LINK: "link"}
"""Node types that have a profile, with its path."""


def to_profile(node: NodeRef) -> None:
    """Go to the profile of an account, a ticker or a link."""
    st.switch_page(navigation.page(PROFILED[node.type]), query_params={"key": node.key})


def to_finding(finding_id: str) -> None:
    """Go to a finding's page."""
    st.switch_page(navigation.page("findings"), query_params={"finding": finding_id})


def to_picture(nodes: list[NodeRef], seq: int) -> None:
    """Go to a picture of these nodes."""
    st.switch_page(navigation.page("investigate"), query_params={"view": to_link([Add(tuple(nodes))], seq)})


def picked(table: Any, size: int) -> int | None:
    """Place of the row that is ticked in a table of so many; None where none is."""
    rows = table["selection"]["rows"]
    return rows[0] if rows and rows[0] < size else None
