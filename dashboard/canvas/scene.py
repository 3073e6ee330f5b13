"""What a list of commands comes to: the nodes and lines of a picture, where they stand, and what was left out.

A scene is made step by step, each from the one before, and never changed: undo shows an earlier one again. It depends
on the view's commit and the commands alone, so a link, a case and a second look give the same picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from dashboard.canvas import commands as c
from dashboard.canvas import placing
from dashboard.canvas.facets import FACETS, Act, Line, acts_of, folded, other, reach, straight
from dashboard.canvas.groups import Group, about, grouped
from dashboard.canvas.known import Known
from dashboard.views import labels
from graph.errors import ConfigError
from graph.findings import Finding, digest
from graph.model import Account, Edge, NodeRef, NodeType
from graph.store import View

FIRST = 300
"""Nodes that a finding is opened with, at most."""
CAP = 1_000
"""Nodes of any picture."""
MANY = 100
"""Accounts that an expansion leaves out, from which on they come back as a group with what is known of them."""
_POSTS = 3_000  # posts of a finding's evidence that are read for its lines
_HOPS, _SUPERNODE = 4, 1_000  # of paths


@dataclass(frozen=True, slots=True)
class More:
    """How many neighbours of a facet are shown, of how many."""

    facet: str
    shown: int
    total: int
    whole: bool  # False: among the newest relationships only
    rest: str = ""  # what those not shown are, where they are many accounts
    asked: c.Expand | None = None  # how they were asked for last: more of them come in the same way
    at: placing.Place = (0.0, 0.0)  # where those not shown stand, drawn as one


@dataclass(frozen=True)
class Scene:
    """One picture.

    Attributes
    ----------
    nodes : mapping of NodeRef to (NodeRef or None)
        Nodes shown, in the order in which they came, each with the node whose expansion brought it.
    lines : tuple of Line
        What joins them within the time shown.
    acts : frozenset of Act
        Posts that lines are folded from, of the findings opened and of expansions.
    places : mapping
        Where nodes stand, in pixels.
    brought : mapping of NodeRef to (frozenset of NodeRef)
        By expanded node, what its expansions reached.
    more : mapping of NodeRef to (tuple of More)
        By expanded node, how much of each facet is shown.
    said : tuple of str
        What the last command could not show, in words.
    reached : mapping of str to (int, int)
        By finding opened, up to which of its nodes, of how many.
    """

    nodes: Mapping[NodeRef, NodeRef | None] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    acts: frozenset[Act] = frozenset()
    places: Mapping[NodeRef, placing.Place] = field(default_factory=dict)
    pinned: frozenset[NodeRef] = frozenset()
    brought: Mapping[NodeRef, frozenset[NodeRef]] = field(default_factory=dict)
    more: Mapping[NodeRef, tuple[More, ...]] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    between: tuple[datetime | None, datetime | None] = (None, None)
    findings: tuple[str, ...] = ()
    notes: tuple[tuple[NodeRef | None, str], ...] = ()
    marked: frozenset[NodeRef] = frozenset()  # on the paths asked for last
    ways: tuple[tuple[NodeRef, ...], ...] = ()  # these paths, shortest first, of equally short ones the rarest
    said: tuple[str, ...] = ()
    reached: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    steps: int = 0


class Player:
    """Plays commands over one view; what several steps ask for is read once.

    Parameters
    ----------
    known : Known, optional
        What others who look at the same commit have read; read anew where it is not given.
    """

    def __init__(self, view: View, known: Known | None = None) -> None:
        self.view = view
        self._known = known

    @property
    def known(self) -> Known:
        """What is the same for everybody at this commit."""
        if self._known is None:
            self._known = Known(self.view.findings())
        return self._known

    @property
    def findings(self) -> list[Finding]:
        """Current findings that are no shadows."""
        return self.known.findings

    def suspicion(self) -> dict[str, float]:
        """Highest member score of each account in a current finding."""
        return self.known.suspicion

    def account(self, key: str) -> Account | None:
        """An account as last observed; looked up once."""
        return self.known.account(key, self.view.account)

    def labels(self) -> list[pa.RecordBatch]:
        """All labels, as :func:`dashboard.views.labels_among` reads them."""
        return self.known.labels(lambda: labels(self.view))

    def play(self, commands: Sequence[c.Command], scene: Scene | None = None) -> Scene:
        """The scene after all commands, going on from one that the first ``scene.steps`` of them came to."""
        scene = scene or Scene()
        for command in commands[scene.steps :]:
            scene = self.step(scene, command)
        return scene

    def step(self, scene: Scene, command: c.Command) -> Scene:
        """The scene after one more command.

        Raises
        ------
        ConfigError
            It names a finding, a facet or a way of combining that is not there.
        """
        how = _STEPS.get(type(command))
        if how is None:
            raise ConfigError(f"no step {command.kind!r}", "canvas", "a newer version made it")
        return how(self, replace(scene, steps=scene.steps + 1, said=()), command)

    def _added(self, scene: Scene, command: c.Add) -> Scene:
        return self._add(scene, [n for n in command.nodes if self.view.has(n)])

    def _between(self, scene: Scene, command: c.Between) -> Scene:
        edges, acts = self.everything(scene)
        total, lines = len(lines_of(edges, acts)), lines_of(edges, acts, command.start, command.end)
        said = (f"{total - len(lines):,} of {total:,} lines, which are of no moment of the span",)
        return replace(
            scene, between=(command.start, command.end), lines=lines, said=said if len(lines) < total else ()
        )

    def _open(self, scene: Scene, command: c.Open) -> Scene:
        finding = self.view.finding(command.finding)
        if finding is None:
            raise ConfigError(f"no finding {command.finding[:40]!r}", "address", "it may be of another store")
        members = [NodeRef(NodeType.ACCOUNT, m.account) for m in finding.members]
        named = [NodeRef(NodeType.TICKER, t) for t in finding.tickers]
        named += [NodeRef(NodeType.LINK, x) for x in finding.links]
        shared = {n for e in finding.evidence for n in e.nodes if n.type is not NodeType.POST}
        rest = sorted(shared, key=lambda n: (n.type is NodeType.ACCOUNT, n.type, n.key))
        wanted = [n for n in dict.fromkeys([*members, *named, *rest]) if self.view.has(n)]
        to = min(max(command.skip, 0) + FIRST, len(wanted))
        said = list(scene.said)
        if to < len(wanted):
            said.append(f"{len(wanted) - to:,} of the finding's {len(wanted):,} nodes are not drawn")
        opened = replace(scene, said=tuple(said), reached={**scene.reached, finding.id: (to, len(wanted))})
        if not command.skip:
            opened = self._beginning(opened, finding)
        return self._add(opened, wanted[max(command.skip, 0) : to])

    def _beginning(self, scene: Scene, finding: Finding) -> Scene:
        """The scene with a finding's posts, of which lines are made."""
        keys = dict.fromkeys(n.key for e in finding.evidence for n in e.nodes if n.type is NodeType.POST)
        acts = {a for post in self.view.posts(list(keys)[:_POSTS]) for a in acts_of(post)}
        said = scene.said
        if len(keys) > _POSTS:
            said = (*said, f"lines are made of {_POSTS:,} of {len(keys):,} posts")
        return replace(scene, findings=(*scene.findings, finding.id), acts=scene.acts | acts, said=said)

    def _add(self, scene: Scene, nodes: Iterable[NodeRef], by: NodeRef | None = None) -> Scene:
        """The scene with more nodes, brought by the expansion of one; those shown stay where they are."""
        fresh = [n for n in dict.fromkeys(nodes) if n not in scene.nodes]
        room = max(CAP - len(scene.nodes), 0)
        said = scene.said
        if len(fresh) > room:
            said = (*said, f"{len(fresh) - room:,} more are not drawn: a picture has at most {CAP:,} nodes")
        known = {**scene.nodes, **dict.fromkeys(fresh[:room], by)}
        grown = self._lined(replace(scene, nodes=known, said=said))
        return replace(grown, places=placing.place(list(known), grown.lines, grown.places, by))

    def everything(self, scene: Scene) -> tuple[list[Edge], list[Act]]:
        """What joins the nodes of a scene at any time: stored relationships, and acts through posts not drawn."""
        edges = self.view.subgraph(list(scene.nodes)).edges if scene.nodes else ()
        acts = [
            a
            for a in sorted(scene.acts, key=lambda a: (a.source, a.target, a.rel, a.post))
            if a.source in scene.nodes
            and a.target in scene.nodes
            and a.source != a.target
            and NodeRef(NodeType.POST, a.post) not in scene.nodes  # drawn itself
        ]
        return list(edges), acts

    def _lined(self, scene: Scene) -> Scene:
        """The scene with the lines among its nodes that are of its span."""
        edges, acts = self.everything(scene)
        return replace(scene, lines=lines_of(edges, acts, *scene.between))

    def _expand(self, scene: Scene, command: c.Expand) -> Scene:
        facet = FACETS.get(command.facet)
        if facet is None or command.node.type not in facet.source:
            raise ConfigError(
                f"no way {command.facet[:40]!r} on from a {command.node.type}", "canvas", "reload the page"
            )
        found = reach(
            self.view,
            command.node,
            facet,
            start=command.start,
            end=command.end,
            least=command.least,
            order=command.order,
            suspicion=self.suspicion(),
        )
        far = list(dict.fromkeys(other(line, command.node) for line in found.lines))
        wanted = [n for n in far if n not in scene.nodes] if command.skip else far
        taken = wanted[: max(min(command.limit, FIRST), 1)]
        known = {*taken, command.node}
        acts = scene.acts | {a for a in found.acts if a.source in known and a.target in known}
        brought = scene.brought.get(command.node, frozenset()) | frozenset(taken)
        grown = self._add(replace(scene, acts=acts), [command.node, *taken], by=command.node)
        shown = sum(n in grown.nodes for n in far)
        rest = self._rest([n for n in far if n not in grown.nodes])
        before = next((m.at for m in scene.more.get(command.node, ()) if m.facet == facet.name and m.rest), None)
        at = before or (placing.free(grown.places, command.node) if rest else (0.0, 0.0))
        note = More(facet.name, shown, len(far), found.whole, rest, command, at)
        others = tuple(m for m in scene.more.get(command.node, ()) if m.facet != facet.name)
        said = (
            grown.said if far else (*grown.said, f"{facet.words}: none" + ("" if found.whole else " among the newest"))
        )
        return replace(
            grown,
            brought={**scene.brought, command.node: brought},
            more={**scene.more, command.node: (*others, note)},
            said=said,
        )

    def _rest(self, left: Sequence[NodeRef]) -> str:
        """What is known of accounts that are not drawn, where they are many."""
        accounts = [n for n in left if n.type is NodeType.ACCOUNT]
        return about(accounts, set(self.known.members), self.account) if len(accounts) >= MANY else ""

    def _path(self, scene: Scene, command: c.Path) -> Scene:
        found = self.view.paths(command.source, command.target, k=command.k, max_hops=_HOPS, max_degree=_SUPERNODE)
        if not found:
            said = f"no way of at most {_HOPS} steps that avoids what more than {_SUPERNODE:,} are joined to"
            return replace(scene, said=(*scene.said, said), marked=frozenset(), ways=())
        # of ways equally short the one through what few others are joined to says most
        rare = sorted(found, key=lambda p: (len(p.nodes), sum(self._degree(n) for n in p.nodes[1:-1]), p.nodes))
        nodes = list(dict.fromkeys(n for path in rare for n in path.nodes))
        return replace(self._add(scene, nodes), marked=frozenset(nodes), ways=tuple(tuple(p.nodes) for p in rare))

    def _degree(self, node: NodeRef) -> int:
        return sum(self.view.degree(node).values())

    def _combine(self, scene: Scene, command: c.Combine) -> Scene:
        inside = {n for g in scene.groups for n in g.nodes}
        free = [n for n in command.nodes or scene.nodes if n in scene.nodes and n not in inside]
        made = grouped(command.by, free, scene.lines, self.findings, self.account)
        said = scene.said if made else (*scene.said, "nothing that is shown can be combined so")
        return replace(scene, groups=(*scene.groups, *made), said=said)

    def _without(self, scene: Scene, command: c.Collapse | c.Hide) -> Scene:
        """The scene without some nodes, and without what only they brought."""
        gone = set(command.nodes) if isinstance(command, c.Hide) else _only_through(scene, command.node)
        kept = {n: by for n, by in scene.nodes.items() if n not in gone}
        brought = {n: what for n, what in scene.brought.items() if n in kept}
        more = {n: what for n, what in scene.more.items() if n in kept}
        if isinstance(command, c.Collapse):
            brought.pop(command.node, None)
            more.pop(command.node, None)
        groups = [replace(g, nodes=tuple(n for n in g.nodes if n in kept)) for g in scene.groups]
        return self._lined(
            replace(
                scene,
                nodes=kept,
                places={n: p for n, p in scene.places.items() if n in kept},
                pinned=scene.pinned - gone,
                brought=brought,
                more=more,
                groups=tuple(g for g in groups if len(g.nodes) > 1),
                marked=scene.marked - gone,
            )
        )


def fingerprint(commands: Sequence[c.Command], seq: int) -> str:
    """Short name of a picture: equal for equal commands at the same commit."""
    return digest([seq, c.to_plain(commands)])[:20]


def _only_through(scene: Scene, node: NodeRef) -> set[NodeRef]:
    """Nodes that are shown because this one was expanded, and for no other reason."""
    held = {n for who, what in scene.brought.items() if who != node for n in what}
    held |= scene.pinned | scene.brought.keys()
    return {n for n, by in scene.nodes.items() if by == node and n != node and n not in held}


def _pin(_: Player, scene: Scene, command: c.Pin) -> Scene:
    if command.node not in scene.nodes:
        return scene
    places = {**scene.places, command.node: (command.x, command.y)}
    return replace(scene, places=places, pinned=scene.pinned | {command.node})


def _move(_: Player, scene: Scene, command: c.Move) -> Scene:
    moved = {n: (x, y) for n, x, y in zip(command.nodes, command.xs, command.ys, strict=False) if n in scene.nodes}
    return replace(scene, places={**scene.places, **moved}, pinned=scene.pinned | moved.keys())


def _unpin(_: Player, scene: Scene, command: c.Unpin) -> Scene:
    return replace(scene, pinned=scene.pinned - {command.node})


def _separate(_: Player, scene: Scene, command: c.Separate) -> Scene:
    return replace(scene, groups=tuple(g for g in scene.groups if command.group and g.id != command.group))


def _note(_: Player, scene: Scene, command: c.Note) -> Scene:
    return replace(scene, notes=(*scene.notes, (command.node, command.text)))


_STEPS: Mapping[type[c.Command], Callable[[Player, Scene, Any], Scene]] = {
    c.Open: Player._open,  # noqa: SLF001 - the table stands beside the class
    c.Add: Player._added,  # noqa: SLF001
    c.Expand: Player._expand,  # noqa: SLF001
    c.Collapse: Player._without,  # noqa: SLF001
    c.Hide: Player._without,  # noqa: SLF001
    c.Path: Player._path,  # noqa: SLF001
    c.Combine: Player._combine,  # noqa: SLF001
    c.Between: Player._between,  # noqa: SLF001
    c.Pin: _pin,
    c.Move: _move,
    c.Unpin: _unpin,
    c.Separate: _separate,
    c.Note: _note,
}


def lines_of(
    edges: Iterable[Edge], acts: Iterable[Act], start: datetime | None = None, end: datetime | None = None
) -> tuple[Line, ...]:
    """Lines of what happened in a span."""
    return (
        *straight(e for e in edges if _within(e.at, start, end)),
        *folded(a for a in acts if _within(a.at, start, end)),
    )


def _within(at: datetime | None, start: datetime | None, end: datetime | None) -> bool:
    """Whether a time is in a span; what has no time only where there is none."""
    if at is None:
        return start is None and end is None
    return (start is None or at >= start) and (end is None or at < end)
