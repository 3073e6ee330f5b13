"""The hours of the week as a chart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import streamlit as st

from dashboard import rhythm
from dashboard.times import zone_of

_QUIET, _BUSY = "#88888822", "#0072B2"


def show(times: Iterable[datetime], zone: str | None) -> None:
    """How many posts fell in each hour of the week, in UTC or in the analyst's zone where that is another."""
    there = zone_of(zone)
    names = {"UTC": UTC} | ({there.key: there} if there else {})
    chosen = st.segmented_control("Hours in", list(names), default="UTC", key="hours-in") if there else "UTC"
    chart(rhythm.pattern(times, names[chosen or "UTC"]))


def chart(found: rhythm.Pattern, height: int = 190) -> None:
    """A field an hour of the week, darker the more posts."""
    hour = {"field": "Hour", "type": "ordinal", "axis": {"values": list(range(0, 24, 3)), "labelAngle": 0}}
    day = {"field": "Day", "type": "ordinal", "sort": list(rhythm.DAYS), "title": None}
    colour = {"field": "Posts", "type": "quantitative", "scale": {"range": [_QUIET, _BUSY]}, "legend": None}
    spec = {
        "mark": {"type": "rect", "tooltip": True},
        "height": height,
        "encoding": {"x": hour, "y": day, "color": colour},
    }
    st.vega_lite_chart(rhythm.rows(found), spec)
