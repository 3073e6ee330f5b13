"""What the first page says: how fresh it all is, what is new, how often findings were confirmed, how rings touch.

Pure functions from runs, findings and verdicts to rows and pictures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from dashboard.canvas import grammar, layout
from dashboard.times import age, shown
from dashboard.untrusted import one_line
from dashboard.views import Row, kind_label, ticker
from detectors.alerting.changes import change
from detectors.scoring.verdicts import meaning
from graph.findings import Finding, Priority, Run, Status
from graph.model import Edge, NodeRef, NodeType, Rel, Subgraph

TOP = 5
"""Findings shown on the first page."""
RINGS = 200
"""Rings of the map, the most urgent first."""
_SHARED = 20  # rings that have a ticker or link in common, beyond which it says nothing of them
_COLOURS = {
    Priority.HIGH: grammar.VERMILLION,
    Priority.MEDIUM: grammar.ORANGE,
    Priority.LOW: grammar.YELLOW,
    Priority.NOTE: grammar.PALE,
}


@dataclass(frozen=True, slots=True)
class Health:
    """One detector's last success."""

    detector: str
    text: str
    stale: bool


def health(detectors: Iterable[str], runs: Sequence[Run], now: datetime, limit: timedelta) -> list[Health]:
    """Each detector's last success; stale where it is older than the limit, or its newest run failed, or never ran."""
    found = []
    for name in sorted({*detectors, *(r.detector for r in runs)}):
        mine = [r for r in runs if r.detector == name]
        done = [r for r in mine if r.error is None]
        if not mine:
            found.append(Health(name, "has not run", stale=True))
            continue
        failed = f"; the newest run failed: {one_line(mine[-1].error, 200)}" if mine[-1].error else ""
        if not done:
            found.append(Health(name, f"has never succeeded{failed}", stale=True))
            continue
        late = now - done[-1].started_at > limit
        text = f"last success {age(done[-1].started_at, now)}, data up to commit {done[-1].data_cut:,}{failed}"
        found.append(Health(name, text, stale=late or bool(failed)))
    return found


def standing(finding: Finding, earlier: Mapping[str, Finding]) -> str:
    """``new``, or what a ring that was seen before has that it had not."""
    before = earlier.get(finding.supersedes or "")
    return "new" if before is None else f"seen before; {change(finding, before).sentence()}"


def reach(finding: Finding, followers: Mapping[str, int]) -> int:
    """Followers of the members, those of several counted several times: who may have seen it, at most."""
    return sum(followers.get(a, 0) for a in finding.accounts)


def confirmed(verdicts: Iterable[Mapping[str, Any]], findings: Iterable[Finding]) -> dict[str, tuple[int, int]]:
    """By kind, how many decided rings were confirmed, of how many; the last word on each ring counts."""
    kinds = {f.id: (f.lineage_id, f.kind) for f in findings}
    last: dict[str, tuple[str, bool]] = {}
    for row in sorted(verdicts, key=lambda r: r["at"]):
        said = meaning(row["outcome"])
        if row["finding_id"] in kinds and said is not None:
            lineage, kind = kinds[row["finding_id"]]
            last[lineage] = (kind, said != (row["reversed_at"] is not None))
    tally: dict[str, tuple[int, int]] = {}
    for kind, yes in last.values():
        k, n = tally.get(kind, (0, 0))
        tally[kind] = (k + yes, n + 1)
    return dict(sorted(tally.items()))


def interval(k: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval (1927) of a share k of n; (0, 1) where n is 0."""
    from scipy.stats import binomtest

    if n == 0:
        return 0.0, 1.0
    ends = binomtest(k, n).proportion_ci(method="wilson")
    return float(ends.low), float(ends.high)


def confirmed_line(tally: Mapping[str, tuple[int, int]]) -> str:
    """How often findings were confirmed, in one line."""
    if not tally:
        return "no decisions on findings loaded: how often they are confirmed is not known"
    parts = []
    for kind, (k, n) in tally.items():
        low, high = interval(k, n)
        parts.append(f"{kind_label(kind).lower()}: {k} of {n} decided were confirmed (95 %: {low:.0%} to {high:.0%})")
    return "; ".join(parts)


def live(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that are no shadows."""
    return [f for f in findings if f.status is Status.LIVE]


def map_of_rings(findings: Sequence[Finding]) -> tuple[list[Row], list[Row], str]:
    """Rings as nodes, larger the more accounts, coloured by priority; joined where they share accounts or targets.

    Returns
    -------
    nodes, edges : lists of rows
        As vis-network draws them; a node's id is ``finding/ID``.
    left_out : str
        What is not drawn, in words; empty where everything is.
    """
    drawn = list(findings)[:RINGS]
    refs = {f.id: NodeRef(NodeType.FINDING, f.id) for f in drawn}
    edges = list(_touching(drawn))
    stored = tuple(Edge(refs[a], Rel.INVOLVES, refs[b]) for a, b, _, _ in edges)
    places = layout.places(Subgraph(tuple(refs.values()), stored))
    nodes = [_ring(f, places[refs[f.id]]) for f in drawn]
    lines: list[Row] = [
        {
            "id": f"{a}|{b}",
            "from": str(refs[a]),
            "to": str(refs[b]),
            "title": words,
            "width": round(min(1 + weight**0.5, 8), 1),
            "color": {"color": grammar.GREY, "opacity": 0.7},
        }
        for a, b, words, weight in edges
    ]
    rest = len(findings) - len(drawn)
    return nodes, lines, f"{rest:,} less urgent ones are not drawn" if rest > 0 else ""


def _ring(f: Finding, place: layout.Place) -> Row:
    name = ticker(f.tickers[0]) if f.tickers else kind_label(f.kind)
    colour = {"background": _COLOURS[f.priority], "border": grammar.INK}
    return {
        "id": f"finding/{f.id}",
        "label": f"{name}\n{len(f.members):,} accounts",
        "title": f"{kind_label(f.kind)}, priority {f.priority}\n{one_line(f.summary, 300)}",
        "shape": "dot",
        "size": round(min(10 + 3 * max(len(f.members), 1) ** 0.5, 60), 1),
        "borderWidth": 2,
        "color": {**colour, "hover": colour, "highlight": colour},
        "font": {"size": 13, "face": "sans-serif", "strokeWidth": 3, "strokeColor": "#ffffff"},
        "x": place[0],
        "y": place[1],
    }


def _touching(findings: Sequence[Finding]) -> Iterable[tuple[str, str, str, int]]:
    """Pairs of findings that have accounts, tickers or links in common: ids, words, and how many things."""
    shared: dict[tuple[str, str], Counter[str]] = {}
    holders: dict[tuple[str, str], list[str]] = {}
    for f in findings:
        for what, names in (("accounts", f.accounts), ("tickers", f.tickers), ("links", f.links)):
            for name in names:
                holders.setdefault((what, name), []).append(f.id)
    for (what, _), ids in holders.items():
        if len(ids) <= _SHARED:
            for pair in combinations(ids, 2):
                shared.setdefault(pair, Counter())[what] += 1
    for (a, b), counts in sorted(shared.items()):
        words = ", ".join(f"{n:,} {what if n > 1 else what[:-1]}" for what, n in counts.items())
        yield a, b, f"in common: {words}", sum(counts.values())


def run_rows(runs: Sequence[Run], zone: str | None = None) -> list[Row]:
    """Runs, newest first."""
    return [
        {
            "Started": shown(r.started_at.replace(microsecond=0), zone),
            "Detector": f"{one_line(r.detector)} {one_line(r.version)}",
            "Findings": r.findings,
            "Seconds": round(r.seconds, 2),
            "Outcome": one_line(f"failed: {r.error}" if r.error else r.summary, 400),
            "Data up to": f"commit {r.data_cut:,}",
            "Run": one_line(r.id),
        }
        for r in reversed(runs)
    ]
