"""A picture through time: every line with the moments it is made of, so that the browser can show any span itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.canvas import drawn
from dashboard.canvas.facets import Line
from dashboard.canvas.scene import Player, Scene, lines_of

MOST = 20_000
"""Moments that are sent to the browser, at most; beyond them the picture changes when the span is let go of."""


@dataclass(frozen=True)
class Film:
    """All lines of a picture, in no span, and what a span leaves of them.

    Attributes
    ----------
    edges : tuple of dict
        As vis-network draws them, each with ``times``: seconds since 1970 of what it is made of.
    moments, undated : int
        How many acts and relationships there are, and how many of them have no time: no span holds those.
    """

    edges: tuple[dict[str, Any], ...]
    moments: int
    undated: int

    def data(self, scene: Scene) -> dict[str, Any]:
        """What the browser gets; no lines where they are too many, and whether the picture is of a span."""
        edges = list(self.edges) if self.moments <= MOST else None
        return {"edges": edges, "cut": scene.between != (None, None)}

    def left_out(self, scene: Scene) -> str:
        """What a picture's span shows and leaves out, in one line; empty where it has none."""
        start, end = scene.between
        if start is None and end is None:
            return ""
        inside = drawn.grouping(scene)
        kept = {drawn.edge_of(line, inside) for line in scene.lines}
        shown = sum(edge["id"] in kept for edge in self.edges)
        idle = len(scene.nodes) - len({n for line in scene.lines for n in (line.source, line.target)})
        moments = sum(_within(edge["times"], start, end) for edge in self.edges)
        text = f"{shown:,} of {len(self.edges):,} lines, {moments:,} of {self.moments:,} acts and relationships"
        if self.undated:
            text += f"; {self.undated:,} of them have no time and are in no span"
        return f"{text}. {idle:,} of {len(scene.nodes):,} nodes have no line in it and are pale" if idle else text


def film(scene: Scene, player: Player) -> Film:
    """The film of a picture."""
    edges, acts = player.everything(scene)
    inside = drawn.grouping(scene)
    times: dict[str, list[int]] = {}
    undated = 0
    moments = [(Line(e.source, e.target, e.rel), e.at) for e in edges]
    moments += [(Line(a.source, a.target, a.rel, folded=True), a.at) for a in acts]
    for line, at in moments:
        source, target = drawn.ends_of(line, inside)
        if source == target:
            continue
        known = times.setdefault(drawn.edge_of(line, inside), [])
        if at is None:
            undated += 1
        else:
            known.append(int(at.timestamp()))
    rows = drawn.edges(lines_of(edges, acts), inside)
    found = tuple({**row, "times": sorted(times[row["id"]])} for row in rows)
    return Film(found, sum(map(len, times.values())) + undated, undated)


def _within(times: Iterable[int], start: datetime | None, end: datetime | None) -> int:
    low = start.timestamp() if start else float("-inf")
    high = end.timestamp() if end else float("inf")
    return sum(low <= t < high for t in times)
