"""How a snapshot's picture is drawn: the shapes and colours of the dashboard's canvas, which a test holds them against.

Shape says what a node is, colour its family or role; the colours are those of Okabe and Ito (2008). No meaning rests on
colour alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

INK, GREY, PALE, WHITE = "#1F2933", "#7A8794", "#C9D1D9", "#FFFFFF"
BLUE, GREEN, PURPLE = "#0072B2", "#009E73", "#CC79A7"


@dataclass(frozen=True, slots=True)
class Look:
    """How one kind of node is drawn: ``size`` is its half width."""

    shape: str
    fill: str
    outline: str
    size: int
    width: int
    name: str


KINDS = {
    "account": Look("dot", PALE, GREY, 12, 1, "account, not a member"),
    "post": Look("square", WHITE, GREY, 6, 1, "post"),
    "ticker": Look("diamond", BLUE, INK, 20, 1, "ticker"),
    "hashtag": Look("star", BLUE, INK, 14, 1, "hashtag"),
    "link": Look("triangle", PURPLE, INK, 13, 1, "link"),
    "domain": Look("triangleDown", PURPLE, INK, 14, 1, "domain"),
    "identifier": Look("hexagon", "#000000", "#000000", 13, 1, "identifier"),
    "wallet": Look("hexagon", GREEN, INK, 14, 1, "wallet"),
    "finding": Look("star", INK, INK, 16, 1, "finding"),
}
ROLES = {
    "core": Look("dot", "#D55E00", INK, 20, 3, "core member"),
    "amplifier": Look("dot", "#E69F00", INK, 16, 1, "amplifier"),
    "fringe": Look("dot", "#F0E442", GREY, 11, 1, "fringe member"),
    "possibly compromised": Look("dot", WHITE, "#D55E00", 16, 4, "possibly compromised"),
    "target": Look("dot", WHITE, GREEN, 16, 4, "target"),
}
DASHES = {
    "TAGGED": "2 3",
    "LINKS_TO": "8 4",
    "ON": "2 6",
    "REPOSTS": "12 4",
    "QUOTES": "12 4 2 4",
    "REPLIES_TO": "6 3 2 3",
    "LIKES": "3 5",
    "FOLLOWS": "5 5",
    "VIEWS": "1 4",
    "SHARES": "10 2",
    "USES": "14 6",
    "TRANSFERRED": "16 3 3 3",
    "INVOLVES": "4 2",
}
LINES = {"MENTIONS": BLUE, "LINKS_TO": PURPLE, "USES": INK, "TRANSFERRED": GREEN}


def look(kind: str, role: str = "") -> Look:
    """How a node is drawn; one of no known kind as an account that is no member."""
    return ROLES.get(role) or KINDS.get(kind) or KINDS["account"]


def outline(shape: str, x: float, y: float, size: float) -> str:
    """Corners of a shape for SVG's ``points``; empty for a circle, which has none."""
    corners: list[tuple[float, float]]
    if shape == "square":
        corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    elif shape == "diamond":
        corners = [(0, -1), (1, 0), (0, 1), (-1, 0)]
    elif shape == "star":
        corners = [_at(36 * i - 90, 1 if i % 2 == 0 else 0.45) for i in range(10)]
    elif shape in {"triangle", "triangleDown", "hexagon"}:
        first, n = {"triangle": (-90, 3), "triangleDown": (90, 3), "hexagon": (0, 6)}[shape]
        corners = [_at(first + 360 * i / n, 1) for i in range(n)]
    else:
        corners = []
    return " ".join(f"{x + size * a:.1f},{y + size * b:.1f}" for a, b in corners)


def _at(degrees: float, radius: float) -> tuple[float, float]:
    return radius * math.cos(math.radians(degrees)), radius * math.sin(math.radians(degrees))
