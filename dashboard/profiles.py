"""What is known of one account, ticker or link, as plain rows: read from a view, without Streamlit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.compute as pc

from dashboard import times, views
from dashboard.canvas.facets import FACETS, Facet, facets_of, other, reach
from dashboard.times import shown, span
from dashboard.untrusted import one_line
from dashboard.views import Row, attribution, kind_label, number
from graph.findings import Finding
from graph.model import NodeRef, NodeType, Rel, host_of
from graph.store import View

ACTS = 5_000
"""Newest posts of a node that its activity is counted from."""
OBSERVATIONS = 500
NEAR = 50
"""Neighbours of one way that are listed."""
_POSTS: dict[NodeType, tuple[Rel, str]] = {
    NodeType.ACCOUNT: (Rel.POSTED, "out"),
    NodeType.TICKER: (Rel.MENTIONS, "in"),
    NodeType.LINK: (Rel.LINKS_TO, "in"),
}
_LEFT_OUT = frozenset({"posts", "mentions"})  # ways that lead to posts, which are listed by themselves


@dataclass(frozen=True, slots=True)
class Activity:
    """Posts by or about a node: when, which ones, and of how many these are the newest."""

    times: tuple[datetime, ...]
    keys: tuple[str, ...]  # newest first
    total: int

    def said(self) -> str:
        """How many, in one line."""
        if len(self.keys) < self.total:
            return f"The newest {len(self.keys):,} of {self.total:,} posts, by day (UTC)."
        return f"{self.total:,} post{'' if self.total == 1 else 's'}, by day (UTC)."


def activity(view: View, node: NodeRef) -> Activity:
    """The newest posts by an account, or about a ticker or link."""
    rel, direction = _POSTS[node.type]
    page = view.neighbours(node, rels=[rel], direction=direction, limit=ACTS)
    keys = [(e.target if direction == "out" else e.source).key for e in page.edges]
    return Activity(tuple(e.at for e in page.edges if e.at), tuple(keys), page.total)


def by_day(times: Iterable[datetime]) -> list[Row]:
    """Posts a day, days without any among them: what is quiet must be seen as quiet."""
    counts: Counter[date] = Counter(t.astimezone(UTC).date() for t in times)
    if not counts:
        return []
    first, last = min(counts), max(counts)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return [{"Day": datetime(d.year, d.month, d.day, tzinfo=UTC), "Posts": counts[d]} for d in days]


def facts(view: View, node: NodeRef, zone: str | None) -> list[Row]:
    """What is known of the node itself."""
    found = [("Key", one_line(node.key, 400))]
    if node.type is NodeType.ACCOUNT:
        found += _account(view, node.key, zone)
    if node.type is NodeType.LINK:
        found.append(("Site", one_line(host_of(node.key) or "none: an opaque id", 200)))
    found += [(facet.words.capitalize(), f"{n:,}") for facet, n in ways(view, node) if facet.through is None]
    return [{"What": what, "Value": value} for what, value in found]


def _account(view: View, key: str, zone: str | None) -> Iterator[tuple[str, str]]:
    known = view.account(key)
    if known is None:
        return
    yield "Handle", f"@{one_line(known.handle)}" if known.handle else "not loaded"
    yield from times.lines("Created", known.created_at, zone) if known.created_at else [("Created", "unknown")]
    yield "Verified", {True: "yes", False: "no", None: "unknown"}[known.verified]
    yield "Followers", "unknown" if known.followers is None else f"{known.followers:,}"
    yield "Language", one_line(known.lang or "unknown")
    if known.attributes:
        yield "Profile", one_line(known.attributes, 600)


def ways(view: View, node: NodeRef) -> list[tuple[Facet, int]]:
    """Ways on from the node that lead to something beside its posts."""
    return [(facet, n) for facet, n in facets_of(view, node) if facet.name not in _LEFT_OUT]


def rows_of(view: View, table: str, **wanted: str) -> list[dict[str, Any]]:
    """Current rows of a table whose columns have these values."""
    found: list[dict[str, Any]] = []
    for batch in view.scan(table):
        mine = batch
        for column, value in wanted.items():
            mine = mine.filter(pc.equal(mine.column(column), value))
        found += mine.to_pylist()
    return found


def observations(view: View, account: str, zone: str | None) -> list[Row]:
    """How an account looked when, the newest first; what differs from the observation before is named."""
    rows = rows_of(view, "accounts", account=account)
    rows.sort(key=lambda r: (r["observed_at"] is not None, r["observed_at"]))
    out: list[Row] = []
    before: Mapping[str, Any] = {}
    for row in rows[-OBSERVATIONS:]:
        changed = [
            n for n in ("handle", "verified", "followers", "lang", "attributes") if before and row[n] != before[n]
        ]
        out.append(
            {
                "Observed": shown(row["observed_at"], zone) if row["observed_at"] else "undated",
                "Handle": one_line(row["handle"] or "–"),
                "Followers": "unknown" if row["followers"] is None else f"{row['followers']:,}",
                "Verified": {True: "yes", False: "no", None: "unknown"}[row["verified"]],
                "Changed": ", ".join(changed),
                "Profile": one_line(row["attributes"] or "", 300),
            }
        )
        before = row
    return out[::-1]


def said_of(view: View, account: str, zone: str | None = None) -> list[str]:
    """What sources say of an account: labels as attributions, states, and decisions made elsewhere."""
    labels = [attribution(x) for x in views.labels_of(view, [account]).get(account, [])]
    states = [
        f"the platform says “{one_line(r['state'])}” since {shown(r['at'], zone)}"
        for r in sorted(rows_of(view, "account_states", account=account), key=lambda r: r["at"])
    ]
    decided = [
        f"decided elsewhere on {r['at']:%Y-%m-%d}: {one_line(r['outcome'])}"
        + (f"; reversed on {r['reversed_at']:%Y-%m-%d}" if r["reversed_at"] else "")
        for r in sorted(rows_of(view, "verdicts", subject=account), key=lambda r: r["at"])
    ]
    return [*labels, *states, *decided]


def involved(node: NodeRef, findings: Iterable[Finding]) -> list[Finding]:
    """Findings that name the node, in their order."""
    return [f for f in findings if _named(node, f)]


def _named(node: NodeRef, f: Finding) -> bool:
    if node.type is NodeType.ACCOUNT:
        return node.key in f.accounts
    named = f.tickers if node.type is NodeType.TICKER else f.links
    return node.key in named or any(node in e.nodes for e in f.evidence)


def finding_rows(node: NodeRef, findings: Sequence[Finding], zone: str | None = None) -> list[Row]:
    """One row a finding that names the node; of an account with its role and the evidence against it alone."""
    rows: list[Row] = []
    for f in findings:
        row: Row = {"Priority": str(f.priority), "Kind": kind_label(f.kind)}
        if node.type is NodeType.ACCOUNT:
            m = next(m for m in f.members if m.account == node.key)
            names = views.evidence_names(f)
            mine = [e for e in f.evidence if e.ref in m.evidence]
            own = "; ".join(f"{names[e.ref]}: {views.measured(e)}" for e in mine[:3])
            row |= {"Role": str(m.role), views.OWN: own or views.NO_OWN}
        row |= {
            "Members": len(f.members),
            "What was flagged": one_line(f.summary, 160),
            "Window": span(f.window, zone),
            "Finding": f.id,
        }
        rows.append(row)
    return rows


def neighbours(
    view: View, node: NodeRef, facet: str, suspicion: Mapping[str, float], zone: str | None = None
) -> tuple[list[NodeRef], list[Row], str]:
    """The strongest neighbours of one way, their rows, and of how many they are."""
    found = reach(view, node, FACETS[facet], order="weight", suspicion=suspicion)
    lines = found.lines[:NEAR]
    far = [other(line, node) for line in lines]
    rows: list[Row] = [
        {
            "Type": str(to.type),
            "Key": one_line(to.key, 200),
            "How": line.rel.replace("_", " ").lower(),
            "Times": number(line.weight),
            "First": shown(line.first, zone) if line.first else "",
            "Last": shown(line.last, zone) if line.last else "",
            "Highest score": f"{suspicion[to.key]:.2f}" if to.key in suspicion else "",
        }
        for to, line in zip(far, lines, strict=True)
    ]
    among = "" if found.whole else f", among the newest {found.read:,} of {found.of:,} relationships"
    return far, rows, f"{len(lines):,} of {found.total:,}, the strongest first{among}."


def suspicion_of(findings: Iterable[Finding]) -> dict[str, float]:
    """The highest score of each account as a member of current findings."""
    found: dict[str, float] = {}
    for f in findings:
        for m in f.members:
            found[m.account] = max(m.score, found.get(m.account, 0.0))
    return found
