"""The one visual grammar of every picture: shape says what a node is, colour its family or role, dashes the relation.

Colours are of the palette of Okabe and Ito (2008), which people with the common kinds of colour blindness can tell
apart. No meaning rests on colour alone: roles also differ in size or outline, families in shape.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph.findings import Role
from graph.model import NodeType, Rel

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE, INK = "#7A8794", "#C9D1D9", "#1F2933"


@dataclass(frozen=True, slots=True)
class Look:
    """How one kind of node is drawn."""

    shape: str
    fill: str
    outline: str
    size: int
    width: int = 1
    name: str = ""


NODES: dict[NodeType, Look] = {
    NodeType.ACCOUNT: Look("dot", PALE, GREY, 12, name="account, not a member"),
    NodeType.POST: Look("square", "#FFFFFF", GREY, 6, name="post"),
    NodeType.TICKER: Look("diamond", BLUE, INK, 20, name="ticker"),
    NodeType.HASHTAG: Look("star", BLUE, INK, 14, name="hashtag"),
    NodeType.LINK: Look("triangle", PURPLE, INK, 13, name="link"),
    NodeType.DOMAIN: Look("triangleDown", PURPLE, INK, 14, name="domain"),
    NodeType.IDENTIFIER: Look("hexagon", BLACK, BLACK, 13, name="identifier"),
    NodeType.WALLET: Look("hexagon", GREEN, INK, 14, name="wallet"),
    NodeType.FINDING: Look("star", INK, INK, 16, name="finding"),
}
ROLES: dict[Role, Look] = {
    Role.CORE: Look("dot", VERMILLION, INK, 20, 3, name="core member"),
    Role.AMPLIFIER: Look("dot", ORANGE, INK, 16, 1, name="amplifier"),
    Role.FRINGE: Look("dot", YELLOW, GREY, 11, 1, name="fringe member"),
    Role.COMPROMISED: Look("dot", "#FFFFFF", VERMILLION, 16, 4, name="possibly compromised"),
    Role.TARGET: Look("dot", "#FFFFFF", GREEN, 16, 4, name="target"),
}
GROUP = Look("dot", PALE, INK, 22, 3, name="several accounts as one")
GROUP_FLAGGED = Look("dot", ORANGE, INK, 22, 3, name="several accounts as one, half of them flagged or more")
DASHES: dict[Rel, tuple[int, ...]] = {  # empty: a full line
    Rel.POSTED: (),
    Rel.MENTIONS: (),
    Rel.TAGGED: (2, 3),
    Rel.LINKS_TO: (8, 4),
    Rel.ON: (2, 6),
    Rel.REPOSTS: (12, 4),
    Rel.QUOTES: (12, 4, 2, 4),
    Rel.REPLIES_TO: (6, 3, 2, 3),
    Rel.LIKES: (3, 5),
    Rel.FOLLOWS: (5, 5),
    Rel.VIEWS: (1, 4),
    Rel.SHARES: (10, 2),
    Rel.USES: (14, 6),
    Rel.TRANSFERRED: (16, 3, 3, 3),
    Rel.INVOLVES: (4, 2),
}
LINES: dict[Rel, str] = {Rel.MENTIONS: BLUE, Rel.LINKS_TO: PURPLE, Rel.USES: INK, Rel.TRANSFERRED: GREEN}
ARROWS = frozenset(  # of the others, the types at their ends tell the direction
    {Rel.REPOSTS, Rel.QUOTES, Rel.REPLIES_TO, Rel.LIKES, Rel.FOLLOWS, Rel.VIEWS, Rel.SHARES, Rel.TRANSFERRED}
)


def line_colour(rel: Rel) -> str:
    """Colour of a relation's lines."""
    return LINES.get(rel, GREY)


def words(rel: Rel) -> str:
    """``REPLIES_TO`` → ``replies to``."""
    return rel.replace("_", " ").lower()
