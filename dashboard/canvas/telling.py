"""What is known of what is selected in the picture, as plain rows: nodes, lines, and the posts behind a line."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import times, views
from dashboard.canvas.drawn import edge_of, grouping
from dashboard.canvas.facets import Line
from dashboard.canvas.looks import label_of, named
from dashboard.canvas.scene import Player, Scene
from dashboard.times import shown
from dashboard.untrusted import one_line
from dashboard.views import Row, attribution, labels_among, number
from graph.model import Account, NodeRef, NodeType, Post
from graph.store import View

POSTS = 20
"""Posts behind a line that are shown, the newest first."""


def node_rows(node: NodeRef, scene: Scene, player: Player, zone: str | None = None) -> list[Row]:
    """What is known of a node."""
    rows = [("Type", str(node.type)), ("Key", named(node))]
    if node.type is NodeType.ACCOUNT:
        rows += _account(node, player, zone)
    if node.type is NodeType.POST:
        rows += _post(node, player.view, zone)
    rows += [("Note", one_line(text, 1_000)) for n, text in scene.notes if n == node]
    for more in scene.more.get(node, ()):
        found = f"{more.shown:,} of {more.total:,} shown" + ("" if more.whole else " (among the newest relationships)")
        rows.append((f"Expanded: {more.facet}", f"{found}{f'; not shown: {more.rest}' if more.rest else ''}"))
    return [{"What": what, "Value": value} for what, value in rows]


def _account(node: NodeRef, player: Player, zone: str | None) -> list[tuple[str, str]]:
    known = player.account(node.key)
    rows = []
    if known is not None:
        rows = [
            ("Handle", f"@{one_line(known.handle)}" if known.handle else "–"),
            *(times.lines("Created", known.created_at, zone) if known.created_at else [("Created", "unknown")]),
            ("Verified", {True: "yes", False: "no", None: "unknown"}[known.verified]),
            ("Followers", "unknown" if known.followers is None else f"{known.followers:,}"),
            ("Profile", one_line(known.attributes or "–", 400)),
        ]
    labels = labels_among(player.labels(), [node.key]).get(node.key, [])
    return [*rows, ("Labels", "; ".join(map(attribution, labels)) or "none loaded")]


def _post(node: NodeRef, view: View, zone: str | None) -> list[tuple[str, str]]:
    return [
        (name, str(value))
        for row in views.post_rows(view.posts([node.key]), {}, zone)
        for name, value in row.items()
        if value and name != "Post"
    ]


def flagged(node: NodeRef, player: Player) -> list[Row]:
    """The current findings that an account is in, with its part in each."""
    rows: list[Row] = []
    for finding in player.findings:
        for m in finding.members:
            if m.account == node.key and node.type is NodeType.ACCOUNT:
                own = ", ".join(views.evidence_names(finding)[r] for r in m.evidence) or views.NO_OWN
                rows.append(
                    {
                        "Finding": finding.id[:10],
                        "Kind": views.kind_label(finding.kind),
                        "Role": str(m.role),
                        views.OWN: own,
                        "What was flagged": one_line(finding.summary),
                    }
                )
    return rows


def line_of(edge: str, scene: Scene) -> list[Line]:
    """The lines that an edge of the picture stands for: those of a group's accounts are one there."""
    inside = grouping(scene)
    return [line for line in scene.lines if edge_of(line, inside) == edge]


def line_rows(lines: Sequence[Line], zone: str | None = None) -> list[Row]:
    """What joins two nodes, and when."""
    return [
        {
            "From": f"{x.source.type} {named(x.source, 80)}",
            "How": x.rel.replace("_", " ").lower(),
            "To": f"{x.target.type} {named(x.target, 80)}",
            "Times": number(x.weight),
            "First": shown(x.first, zone),
            "Last": shown(x.last, zone),
        }
        for x in lines
    ]


def posts_behind(lines: Sequence[Line], scene: Scene, view: View) -> tuple[list[Post], int]:
    """The newest posts that lines are folded from, and how many there are."""
    ends = {(x.source, x.target, x.rel) for x in lines if x.folded}
    keys = {a.post for a in scene.acts if (a.source, a.target, a.rel) in ends}
    posts = views.by_time(view.posts(sorted(keys)))
    return posts[::-1][:POSTS], len(posts)


def way_rows(scene: Scene, player: Player) -> list[Row]:
    """The ways between two nodes that were asked for last, as far as they are shown."""
    rows: list[Row] = []
    for way in scene.ways:
        if all(n in scene.nodes for n in way):
            steps = [label_of(n, _known(n, player)) or f"post {named(n, 40)}" for n in way]
            rows.append({"Steps": len(way) - 1, "Way": " → ".join(steps)})
    return rows


def _known(node: NodeRef, player: Player) -> dict[str, Account]:
    known = player.account(node.key) if node.type is NodeType.ACCOUNT else None
    return {node.key: known} if known else {}
