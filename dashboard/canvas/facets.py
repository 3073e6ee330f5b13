"""Ways to go on from a node: what kinds of neighbours it has, how many, and which of them come first.

An analyst asks "which tickers does this account push", not "which posts did it write": a facet goes through posts where
it must, and a neighbour's weight is the number of posts, interactions or transfers that join the two. Where a node has
very many relationships, the newest :data:`READ` of them are read, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from graph.model import Edge, NodeRef, NodeType, Post, Rel
from graph.store import View

READ = 500
"""Relationships of a node that are read to find and rank its neighbours."""
Through = Callable[[Post], Iterable[NodeRef]]
ORDERS = ("suspicion", "weight", "recency", "degree")
A, P, T, L, H, D, W, I = (  # noqa: E741 - read as a table
    NodeType.ACCOUNT,
    NodeType.POST,
    NodeType.TICKER,
    NodeType.LINK,
    NodeType.HASHTAG,
    NodeType.DOMAIN,
    NodeType.WALLET,
    NodeType.IDENTIFIER,
)


@dataclass(frozen=True, slots=True)
class Line:
    """What joins two nodes in the picture: how, how often, and when."""

    source: NodeRef
    target: NodeRef
    rel: Rel
    weight: int = 1
    first: datetime | None = None
    last: datetime | None = None
    folded: bool = False  # through posts that are not drawn


@dataclass(frozen=True, slots=True)
class Act:
    """A post that joins its author to something it names."""

    source: NodeRef
    target: NodeRef
    rel: Rel
    at: datetime | None
    post: str


@dataclass(frozen=True, slots=True)
class Reached:
    """Neighbours of one facet, the first in the order asked for.

    Attributes
    ----------
    lines : tuple of Line
        One a neighbour, that of the strongest relation first.
    total : int
        Neighbours found.
    acts : tuple of Act
        What lines through posts are made of.
    read, of : int
        Relationships read, and how many there are: where it is fewer, ``total`` is among those read.
    """

    lines: tuple[Line, ...]
    total: int
    read: int
    of: int
    acts: tuple[Act, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether everything was read."""
        return self.read >= self.of


@dataclass(frozen=True, slots=True)
class Facet:
    """One way on."""

    name: str
    words: str
    source: frozenset[NodeType]
    rels: tuple[Rel, ...]
    direction: str
    through: Through | None = None  # what of a post is meant; None: the neighbour itself
    far: frozenset[NodeType] = frozenset()  # types of neighbours; empty: any


def _author(post: Post) -> list[NodeRef]:
    return [NodeRef(A, post.account)] if post.account else []


def _parent(post: Post) -> list[NodeRef]:
    return [NodeRef(P, post.parent)] if post.parent else []


FACETS: Mapping[str, Facet] = {
    f.name: f
    for f in (
        Facet("tickers", "tickers it posts", frozenset({A}), (Rel.POSTED,), "out",
              lambda p: (NodeRef(T, t) for t in p.tickers)),
        Facet("links", "links it posts", frozenset({A}), (Rel.POSTED,), "out",
              lambda p: (NodeRef(L, x) for x in p.links)),
        Facet("hashtags", "hashtags it posts", frozenset({A}), (Rel.POSTED,), "out",
              lambda p: (NodeRef(H, x) for x in p.hashtags)),
        Facet("answered", "posts it reposts, quotes or replies to", frozenset({A}), (Rel.POSTED,), "out", _parent),
        Facet("accounts", "accounts that post it", frozenset({T, L, H}), (Rel.MENTIONS, Rel.LINKS_TO, Rel.TAGGED), "in",
              _author),
        Facet("answering", "accounts that repost, quote or reply", frozenset({P}),
              (Rel.REPOSTS, Rel.QUOTES, Rel.REPLIES_TO), "in", _author),
        Facet("posts", "posts", frozenset({A}), (Rel.POSTED,), "out"),
        Facet("mentions", "posts", frozenset({T, L, H}), (Rel.MENTIONS, Rel.LINKS_TO, Rel.TAGGED), "in"),
        Facet("author", "author", frozenset({P}), (Rel.POSTED,), "in"),
        Facet("about", "tickers, links, hashtags", frozenset({P}), (Rel.MENTIONS, Rel.LINKS_TO, Rel.TAGGED), "out"),
        Facet("parent", "post it answers", frozenset({P}), (Rel.REPOSTS, Rel.QUOTES, Rel.REPLIES_TO), "out"),
        Facet("likes", "what it likes", frozenset({A}), (Rel.LIKES,), "out"),
        Facet("liked by", "accounts that like it", frozenset({A, P, T, L}), (Rel.LIKES,), "in"),
        Facet("follows", "accounts it follows", frozenset({A}), (Rel.FOLLOWS,), "out"),
        Facet("followers", "accounts that follow it", frozenset({A}), (Rel.FOLLOWS,), "in"),
        Facet("identifiers", "devices, addresses, wallets it uses", frozenset({A}), (Rel.USES,), "out"),
        Facet("users", "accounts that use it", frozenset({I}), (Rel.USES,), "in"),
        Facet("transfers", "transfers", frozenset({A, W}), (Rel.TRANSFERRED,), "both"),
        Facet("site", "site", frozenset({L}), (Rel.ON,), "out"),
        Facet("pages", "links of this site", frozenset({D}), (Rel.ON,), "in"),
    )
}  # fmt: skip
"""Facets by name."""


def facets_of(view: View, node: NodeRef) -> list[tuple[Facet, int]]:
    """Facets of a node with the relationships that each goes through; those without any are left out.

    Where a facet goes through posts, the number is of posts, not of what they name.
    """
    degree = view.degree(node)
    found = []
    for facet in FACETS.values():
        if node.type in facet.source:
            ways = ("in", "out") if facet.direction == "both" else (facet.direction,)
            count = sum(degree.get((rel, way), 0) for rel in facet.rels for way in ways)
            if count:
                found.append((facet, count))
    return found


def reach(
    view: View,
    node: NodeRef,
    facet: Facet,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    least: int = 1,
    order: str = "suspicion",
    suspicion: Mapping[str, float] | None = None,
) -> Reached:
    """Neighbours of one facet, all that were found, in the order asked for.

    Parameters
    ----------
    least : int
        Relationships that must join a neighbour, at least.
    order : str
        ``suspicion`` (highest score in any current finding, then weight), ``weight``, ``recency`` or ``degree``.
    suspicion : mapping, optional
        Score by account key.
    """
    found = view.neighbours(node, rels=facet.rels, direction=facet.direction, start=start, end=end, limit=READ)
    acts = _acts(view, node, facet.through, found.edges) if facet.through else ()
    lines = folded(acts) if facet.through else straight(found.edges)
    kept = [line for line in lines if line.weight >= least]
    kept.sort(key=_ranking(view, node, order, suspicion or {}))
    return Reached(tuple(kept), len(kept), len(found.edges), found.total, acts)


def other(line: Line, node: NodeRef) -> NodeRef:
    """The far end."""
    return line.target if line.source == node else line.source


def straight(edges: Iterable[Edge]) -> list[Line]:
    """Stored relationships as lines, one a kind between the same two nodes; none from a node to itself."""
    return _gathered(((e.source, e.target, e.rel, e.at) for e in edges if e.source != e.target), through=False)


def folded(acts: Iterable[Act]) -> list[Line]:
    """Lines through posts that are not drawn, weighing as many as there are posts."""
    return _gathered(((a.source, a.target, a.rel, a.at) for a in acts), through=True)


def acts_of(post: Post) -> list[Act]:
    """A post's author joined to everything it names, and to the post it answers."""
    if not post.account:
        return []
    author = NodeRef(A, post.account)
    named = [NodeRef(T, t) for t in post.tickers] + [NodeRef(L, x) for x in post.links]
    named += [NodeRef(H, x) for x in post.hashtags] + _parent(post)
    return [Act(author, thing, relation(post, thing), post.created_at, post.post) for thing in named]


def relation(post: Post, thing: NodeRef) -> Rel:
    """How a post is joined to what it names."""
    answers = {"repost": Rel.REPOSTS, "quote": Rel.QUOTES, "reply": Rel.REPLIES_TO}
    named = {T: Rel.MENTIONS, L: Rel.LINKS_TO, H: Rel.TAGGED}
    return named.get(thing.type) or answers.get(post.kind, Rel.POSTED)


def _acts(view: View, node: NodeRef, through: Through, edges: Sequence[Edge]) -> tuple[Act, ...]:
    """From an account to what its posts name, or from those who posted it to a thing."""
    posts = {(e.source if node.type is not A and e.source.type is P else e.target).key: e for e in edges}
    found = []
    for post in view.posts(list(posts)):
        for far in through(post):
            source, target = (node, far) if node.type is A else (far, node)
            rel = posts[post.post].rel if node.type is not A else relation(post, far)
            found.append(Act(source, target, rel, post.created_at, post.post))
    return tuple(found)


def _gathered(rows: Iterable[tuple[NodeRef, NodeRef, Rel, datetime | None]], *, through: bool) -> list[Line]:
    found: dict[tuple[NodeRef, NodeRef, Rel], list[datetime | None]] = {}
    for source, target, rel, at in rows:
        found.setdefault((source, target, rel), []).append(at)
    lines = []
    for (source, target, rel), times in found.items():
        dated = [t for t in times if t is not None]
        first, last = min(dated, default=None), max(dated, default=None)
        lines.append(Line(source, target, rel, len(times), first, last, through))
    return lines


def _ranking(
    view: View, node: NodeRef, order: str, suspicion: Mapping[str, float]
) -> Callable[[Line], tuple[float, float, float, NodeRef]]:
    def last(line: Line) -> float:
        return -line.last.timestamp() if line.last else 0.0

    def key(line: Line) -> tuple[float, float, float, NodeRef]:
        far = other(line, node)
        if order == "recency":
            return last(line), -line.weight, 0.0, far
        if order == "weight":
            return -line.weight, last(line), 0.0, far
        if order == "degree":
            return -sum(view.degree(far).values()), -line.weight, last(line), far
        return -suspicion.get(far.key, 0.0), -line.weight, last(line), far

    return key
