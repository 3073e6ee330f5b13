"""The axis of time on a page: what goes to the browser, and what its events come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import timeline as tl
from dashboard.canvas import commands as c
from dashboard.prices import Candle, Mark
from dashboard.times import zone_of

NAME = "lockstep-graph.timeline"
_KEYS = (
    "Drag over the axis to choose a span; pull its edges, move it, or click beside it to let go. Keys, when the axis "
    "has the focus: space play or pause · ← → one step · Home to the beginning · + − closer, wider · Enter zoom to the "
    "span · Esc everything."
)


@dataclass(frozen=True)
class Axis:
    """What one axis shows."""

    edges: tl.Longs
    posts: list[dict[str, Any]]
    created: list[dict[str, Any]]
    candles: Sequence[Candle]
    marks: Sequence[Mark]
    words: Mapping[str, str]  # of the rows: posts, created, candles


def show(
    axis: Axis, brush: tl.Span | None, *, key: str, turn: int, zone: str | None, dark: bool, heard: Callable[[], None]
) -> None:
    """Put the axis on the page; ``heard`` is called after each event, which the session's state has by the key."""
    span = int(axis.edges[0]), int(axis.edges[-1])
    there = zone_of(zone)
    rows: list[dict[str, Any]] = [
        {"words": axis.words["posts"], "height": 110, "stacks": axis.posts},
        {"words": axis.words["created"], "height": 62, "stacks": axis.created},
    ]
    if axis.candles:
        candles = [
            [k.at / tl.SECOND, k.end / tl.SECOND, k.open, k.high, k.low, k.close, k.volume] for k in axis.candles
        ]
        rows.append({"words": axis.words["candles"], "height": 150, "candles": candles})
    data = {
        "edges": [int(e) // tl.SECOND for e in axis.edges],
        "rows": rows,
        "ticks": tl.ticks(span, zone),
        "marks": [
            {"at": m.at / tl.SECOND, "until": m.until / tl.SECOND if m.until else None, "words": m.words}
            for m in axis.marks
        ],
        "brush": [at / tl.SECOND for at in brush] if brush else None,
        "zone": there.key if there else "",
        "turn": turn,
        "dark": dark,
        "keys": _KEYS,
        "hint": "Point at the axis to read it.",
        "alt": f"Time, {tl.said(span, None)}, in {len(axis.edges) - 1:,} steps; the table below holds the same counts",
    }
    drawn = st.components.v2.component(NAME, css="timeline.css", js="timeline.js")
    drawn(key=key, data=data, on_event_change=heard)


def span_of(event: Mapping[str, Any]) -> tl.Span | None:
    """The span that an event names, in µs; None where it names none that can be."""
    match event.get("from"), event.get("to"):
        case (int() | float() as start, int() | float() as end) if 0 <= start < end < tl.LAST / tl.SECOND:
            return round(start * tl.SECOND), round(end * tl.SECOND)
    return None


def command_of(event: Mapping[str, Any]) -> c.Between:
    """The step that a brush comes to: only what happened in the span, or everything."""
    span = span_of(event)
    return c.Between(tl.moment(span[0]), tl.moment(span[1])) if span else c.Between()


def brush_of(between: tuple[Any, Any], axis: tl.Span) -> tl.Span | None:
    """Where the brush stands; a span that is open at one end reaches to the axis's."""
    start, end = between
    if start is None and end is None:
        return None
    found = tl.micros(start) if start else axis[0], tl.micros(end) if end else axis[1]
    return found if found[0] < found[1] else None
