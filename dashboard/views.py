"""What the screens show, as plain rows: pure functions, without Streamlit.

Every text that came with the data passes :func:`dashboard.untrusted.visible`. Column names are what the analyst reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest

import pyarrow as pa
import pyarrow.compute as pc

from dashboard.times import age, shown, span
from dashboard.untrusted import one_line, visible
from graph.findings import Evidence, Finding, Status
from graph.model import Account, Label, NodeRef, NodeType, Post
from graph.store import View

Row = dict[str, object]

TEXT_LIMIT = 4_000  # characters of a post shown; the rest is counted
SUMMARY_LIMIT = 380
"""Characters of a finding's sentence in the list; the rest is counted, and stands on its page."""
RANK = "Uncalibrated rank"
ABOUT_RANK = (
    "0 to 1, higher is more striking to this detector. Not a probability: it has not been calibrated against decisions."
)
SCORE = "Score"
ABOUT_SCORE = (
    "0 to 1: the share of similar rings that people confirmed, where enough decisions are loaded; for the others an "
    "uncalibrated rank, not a probability. A finding's page says which."
)
ABOUT_P = "Chance of a pattern at least this strong under the detector's null model; never the chance of innocence."
OWN = "Evidence of its own"
NO_OWN = "none: member only"


def kind_label(kind: str) -> str:
    """``shilling_cluster`` → ``Shilling cluster``."""
    return one_line(kind.replace("_", " ")).capitalize()


def number(value: float | None) -> str:
    """Four significant digits, thousands separated; nothing for None."""
    if value is None:
        return "–"
    if value and not 1e-4 <= abs(value) < 1e15:
        return f"{value:.2e}"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"


def ticker(symbol: str) -> str:
    """A symbol as people write it."""
    return f"${one_line(symbol)}"


def score_name(findings: Iterable[Finding]) -> tuple[str, str]:
    """What the scores of these findings are called, and what that means: a rank is not called more than that."""
    ranks = all(f.score_means.casefold() == RANK.casefold() for f in findings)
    return (RANK, ABOUT_RANK) if ranks else (SCORE, ABOUT_SCORE)


def reason_rows(finding: Finding) -> list[Row]:
    """What the score is made of, one row a feature that has a part in it or is unknown."""
    return [
        {
            "Feature": r.name,
            "Value": "unknown" if r.value is None else number(r.value),
            "Weight": round(r.weight, 3),
            "Contribution": round(r.contribution, 3),
            "A high value says": one_line(r.about),
        }
        for r in finding.reasons
        if r.weight or r.contribution or r.value is None
    ]


def finding_rows(findings: Sequence[Finding], zone: str | None = None) -> list[Row]:
    """The list of findings, in the order given."""
    score, _ = score_name(findings)
    return [
        {
            "Priority": str(f.priority) + ("" if f.status is Status.LIVE else " (shadow)"),
            "Kind": kind_label(f.kind),
            "What was flagged": one_line(f.summary, SUMMARY_LIMIT),
            score: f.score,
            "Members": len(f.members),
            "Tickers": ", ".join(map(ticker, f.tickers)),
            "Window": span(f.window, zone),
            "Finding": f.id,
        }
        for f in findings
    ]


def select(
    findings: Iterable[Finding], kinds: Sequence[str] = (), tickers: Sequence[str] = (), *, shadow: bool = False
) -> list[Finding]:
    """Findings of any of the kinds and about any of the tickers; an empty choice means all."""
    return [
        f
        for f in findings
        if (not kinds or f.kind in kinds)
        and (not tickers or not set(tickers).isdisjoint(f.tickers))
        and (shadow or f.status is Status.LIVE)
    ]


def evidence_names(finding: Finding) -> dict[str, str]:
    """Reference → short name (``E1``, ``E2`` …) of a finding's evidence."""
    return {e.ref: f"E{i}" for i, e in enumerate(finding.evidence, 1)}


def evidence_rows(finding: Finding) -> list[Row]:
    """One row a piece of evidence: what was measured and what would be expected."""
    names = evidence_names(finding)
    return [
        {
            "": names[e.ref],
            "Measure": one_line(e.measure),
            "Value": number(e.value),
            "Expected": number(e.expected),
            "p-value": number(e.p_value) if e.p_value is not None else "not computed",
            "Unit": one_line(e.unit),
            "Rests on it": "yes" if e.ref in finding.rests_on else "",
            "Nodes": nodes_line(e.nodes),
        }
        for e in finding.evidence
    ]


def nodes_line(nodes: Iterable[NodeRef]) -> str:
    """``9 accounts, 96 posts, 1 ticker``; a single account is named."""
    keys: dict[NodeType, list[str]] = {}
    for node in nodes:
        keys.setdefault(node.type, []).append(node.key)
    return ", ".join(
        f"account {one_line(found[0])}"
        if kind is NodeType.ACCOUNT and len(found) == 1
        else f"{len(found):,} {kind}{'' if len(found) == 1 else 's'}"
        for kind, found in keys.items()
    )


def rests_on(finding: Finding) -> list[str]:
    """The evidence without which the finding would not have been made, one line each."""
    names = evidence_names(finding)
    return [f"{names[e.ref]}: {measured(e)}" for e in finding.evidence if e.ref in finding.rests_on]


def measured(e: Evidence) -> str:
    """One line: value, unit, expectation."""
    unit = f" {one_line(e.unit)}" if e.unit not in {"", "1"} else ""
    if e.value == 1 and unit.endswith("s"):
        unit = unit[:-1]
    return f"{one_line(e.measure)}: {number(e.value)}{unit}, expected {number(e.expected)}"


def member_rows(
    finding: Finding,
    accounts: Mapping[str, Account],
    labels: Mapping[str, Sequence[Label]] | None = None,
    zone: str | None = None,
) -> list[Row]:
    """One row a member: part in the pattern, the evidence against that account itself, and who says what of it."""
    names = evidence_names(finding)
    rows: list[Row] = []
    for m in finding.members:
        known = accounts.get(m.account) or Account(m.account)
        said = (labels or {}).get(m.account, ())
        rows.append(
            {
                "Account": one_line(m.account),
                "Handle": one_line(known.handle) if known.handle else "–",
                "Role": str(m.role),
                RANK: m.score,
                OWN: ", ".join(names[r] for r in m.evidence) or NO_OWN,
                "Created": shown(known.created_at, zone) if known.created_at else "unknown",
                "Verified": {True: "yes", False: "no", None: "unknown"}[known.verified],
                "Labels": "; ".join(map(attribution, said)) or "none loaded",
            }
        )
    return rows


def attribution(label: Label) -> str:
    """``"service", labelled by SOURCE on DATE``: a label is what somebody said, never a fact."""
    source = one_line(label.source) if label.source else "an unnamed source"
    on = f"on {label.at:%Y-%m-%d}" if label.at else "at an unknown date"
    until = f", until {label.until:%Y-%m-%d}" if label.until else ""
    return f"“{one_line(label.label)}”, labelled by {source} {on}{until}"


def labels_of(view: View, accounts: Sequence[str]) -> dict[str, list[Label]]:
    """Labels of these accounts, in the order they were loaded."""
    return labels_among(labels(view), accounts)


def labels(view: View) -> Iterator[pa.RecordBatch]:
    """All labels, as :func:`labels_among` reads them."""
    return view.scan("labels", columns=["account", "label", "source", "at", "until", "ring_id"])


def labels_among(batches: Iterable[pa.RecordBatch], accounts: Sequence[str]) -> dict[str, list[Label]]:
    """Labels of these accounts, in the order they were loaded."""
    wanted = pc.SetLookupOptions(value_set=pa.array(accounts, pa.string()))
    found: dict[str, list[Label]] = {}
    for batch in batches:
        for row in batch.filter(pc.is_in(batch.column(0), options=wanted)).to_pylist():
            found.setdefault(row["account"], []).append(Label(**row))
    return found


def nodes_of(finding: Finding, refs: Sequence[str] = ()) -> list[NodeRef]:
    """The evidence's nodes without repetition, what the finding rests on first; ``refs`` empty means all evidence."""
    chosen = [e for e in finding.evidence if not refs or e.ref in refs]
    chosen.sort(key=lambda e: e.ref not in finding.rests_on)
    return list(dict.fromkeys(node for e in chosen for node in e.nodes))


def post_keys(finding: Finding, refs: Sequence[str] = ()) -> tuple[str, ...]:
    """Keys of the posts behind the evidence."""
    return tuple(n.key for n in nodes_of(finding, refs) if n.type is NodeType.POST)


def by_time(posts: Iterable[Post]) -> list[Post]:
    """Posts by time, those without one last."""
    return sorted(posts, key=lambda p: (p.created_at or datetime.max.replace(tzinfo=UTC), p.post))


def post_rows(posts: Iterable[Post], handles: Mapping[str, str | None], zone: str | None = None) -> list[Row]:
    """One row a post; links are text, so that nothing opens or loads by itself."""
    return [
        {
            "Time": shown(p.created_at, zone),
            "Account": author(p, handles),
            "Kind": one_line(p.kind),
            "Text": visible(p.text, TEXT_LIMIT) if p.text is not None else "(not loaded, or removed)",
            "Tickers": ", ".join(map(ticker, p.tickers)),
            "Links": "\n".join(one_line(x, 300) for x in p.links),
            "Hashtags": " ".join(f"#{one_line(h)}" for h in p.hashtags),
            "Post": one_line(p.post),
        }
        for p in posts
    ]


def author(post: Post, handles: Mapping[str, str | None]) -> str:
    """Handle and key of a post's author."""
    if post.account is None:
        return "author not loaded"
    handle = handles.get(post.account)
    return f"@{one_line(handle)} ({one_line(post.account)})" if handle else one_line(post.account)


def versions(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Texts that a post no longer has, oldest first: changed since, or removed with the post."""
    texts = [str(r["text"]) if r.get("text") is not None else "" for r in rows]
    now = [texts[-1]] if rows and rows[-1].get("ended") is None else []
    return [visible(t, TEXT_LIMIT) for t, after in zip_longest(texts, [*texts[1:], *now][: len(texts)]) if t != after]


def origin_rows(finding: Finding) -> list[Row]:
    """How the finding was made: enough to make it again."""
    rows = [
        ("Finding", finding.id),
        ("Detector", f"{finding.detector} {finding.version}"),
        ("Data cut (commit)", str(finding.data_cut)),
        ("Run", finding.run_id or "–"),
        ("Lineage", finding.lineage_id),
        ("Supersedes", finding.supersedes or "–"),
        *((f"Parameter {name}", str(value)) for name, value in sorted(finding.params.items())),
        *(
            (f"Layer {x.name}", number(x.value) + (f" (p {number(x.p_value)})" if x.p_value is not None else ""))
            for x in finding.layers
        ),
    ]
    return [{"What": one_line(what), "Value": one_line(value)} for what, value in rows]


def staleness(head: int, newest: datetime | None, now: datetime, zone: str | None = None) -> str:
    """How fresh the data is, in one line."""
    posts = f"newest post {shown(newest, zone)}, {age(newest, now)}" if newest else "no posts"
    return f"Data up to commit {head:,} · {posts}"


def behind(finding: Finding, view: View) -> str:
    """A sentence where posts were loaded after the finding's data was cut; empty where none were."""
    if not any(batch.num_rows for batch in view.scan("posts", columns=["post"], after=finding.data_cut)):
        return ""
    return (
        f"Posts were loaded since this was found (on commit {finding.data_cut:,} of {view.seq:,}); "
        "another run of the detector would see them."
    )
