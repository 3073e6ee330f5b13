"""Two rings beside each other, or one at two dates; and rings that are like one: pure functions and reads of a view."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from dashboard import views
from dashboard.canvas.looks import named
from dashboard.times import span
from dashboard.untrusted import one_line
from dashboard.views import Row, kind_label, number
from detectors.alerting.alert import Measure
from detectors.alerting.changes import change
from graph.findings import Finding
from graph.model import NodeRef, NodeType
from graph.store import View

USERS = 20
"""Accounts of an identifier up to which sharing it is counted: what more use is a carrier's, a café's."""
SIMILAR = 100
"""Rings that are listed as similar, at most."""

Users = Mapping[str, frozenset[str]]  # by identifier, ``kind:value``


def users_of(view: View, accounts: Iterable[str]) -> dict[str, frozenset[str]]:
    """Identifiers that several of these accounts use and few others do, with all who use them."""
    wanted = pa.array(sorted(set(accounts)), pa.string())
    batches = list(view.scan("identifiers", columns=["account", "kind", "value"]))
    mine = {
        (kind, value)
        for b in batches
        for kind, value in _pairs(b.filter(pc.is_in(b.column("account"), value_set=wanted)))
    }
    values = pa.array(sorted({value for _, value in mine}), pa.string())
    held: dict[str, set[str]] = defaultdict(set)
    for b in batches:
        part = b.filter(pc.is_in(b.column("value"), value_set=values))
        for account, pair in zip(part.column("account").to_pylist(), _pairs(part), strict=True):
            if pair in mine:
                held[":".join(pair)].add(account)
    return {name: frozenset(by) for name, by in sorted(held.items()) if 1 < len(by) <= USERS}


def _pairs(batch: pa.RecordBatch) -> list[tuple[str, str]]:
    return list(zip(batch.column("kind").to_pylist(), batch.column("value").to_pylist(), strict=True))


def joint(users: Users, a: Finding, b: Finding) -> list[str]:
    """Identifiers that members of both use."""
    first, second = set(a.accounts), set(b.accounts)
    return [name for name, by in users.items() if by & first and by & second]


def said(a: Finding, b: Finding) -> str:
    """What differs, in one line: of one ring at two dates, what changed; of two rings, what they share."""
    if a.lineage_id == b.lineage_id:
        return change(b, a).sentence()
    both = set(a.accounts) & set(b.accounts)
    return f"{len(both):,} of {len(a.members):,} and {len(b.members):,} accounts are in both"


def member_rows(a: Finding, b: Finding, handles: Mapping[str, str | None]) -> list[Row]:
    """Members side by side: those in both first, then those of one alone."""
    left, right = ({m.account: m for m in f.members} for f in (a, b))
    names = sorted({*left, *right}, key=lambda n: (n not in left or n not in right, n not in left, n))
    return [
        {
            "Account": one_line(n),
            "Handle": one_line(handles.get(n) or "–"),
            "In": "both" if n in left and n in right else "A alone" if n in left else "B alone",
            "Role in A": str(left[n].role) if n in left else "",
            "Role in B": str(right[n].role) if n in right else "",
            "Rank in A": f"{left[n].score:.2f}" if n in left else "",
            "Rank in B": f"{right[n].score:.2f}" if n in right else "",
        }
        for n in names
    ]


def beside_rows(a: Finding, b: Finding, shared: Sequence[str]) -> list[Row]:
    """What the two have in common and what one has alone, one row a kind."""
    lists = [
        ("accounts", a.accounts, b.accounts),
        ("tickers", a.tickers, b.tickers),
        ("links", a.links, b.links),
        ("posts in evidence", views.post_keys(a), views.post_keys(b)),
    ]
    rows = [_beside(what, set(x), set(y)) for what, x, y in lists]
    names = ", ".join(named(NodeRef(NodeType.IDENTIFIER, s), 60) for s in shared[:5])
    both = f"{len(shared):,}" + (f": {names}" if shared else "")
    return [*rows, {"What": "rare identifiers used by members of both", "In both": both, "A alone": "", "B alone": ""}]


def _beside(what: str, a: set[str], b: set[str]) -> Row:
    def told(names: set[str]) -> str:
        some = ", ".join(one_line(n, 60) for n in sorted(names)[:5])
        more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
        return f"{len(names):,}{f': {some}{more}' if names else ''}"

    return {"What": what, "In both": told(a & b), "A alone": told(a - b), "B alone": told(b - a)}


def measure_rows(a: Finding, b: Finding) -> list[Row]:
    """Features of the scores side by side; unknown where one does not have it."""
    left, right = ({r.name: r for r in f.reasons} for f in (a, b))
    return [
        {
            "Feature": one_line(name),
            "A": _value(left, name),
            "B": _value(right, name),
            "A high value says": one_line((left.get(name) or right[name]).about),
        }
        for name in sorted({*left, *right})
    ]


def _value(reasons: Mapping[str, object], name: str) -> str:
    value = getattr(reasons.get(name), "value", None)
    return "unknown" if value is None else number(value)


@dataclass(frozen=True, slots=True)
class Like:
    """A ring that is like another: what the two share, and how alike they behave."""

    finding: Finding
    accounts: int
    tickers: int
    links: int
    identifiers: int
    behaviour: float | None  # 0 to 1: closeness of the features that both know, by their ranks; None: fewer than 3

    @property
    def strength(self) -> tuple[int, int, float, str]:
        """What similar rings are ordered by: rare identifiers and accounts first."""
        named = 3 * min(self.identifiers, 10) + 3 * min(self.accounts, 10) + 2 * min(self.links, 10) + self.tickers
        kinds = sum(map(bool, (self.identifiers, self.accounts, self.links, self.tickers)))
        return -named, -kinds, -(self.behaviour or 0.0), self.finding.id


def similar(finding: Finding, others: Sequence[Finding], users: Users) -> list[Like]:
    """Other rings that share something with this one or behave nearly as it does, the most alike first."""
    ranks = _ranks([finding, *others])
    found = []
    for f in others:
        if f.lineage_id == finding.lineage_id:
            continue
        like = Like(
            f,
            len(set(f.accounts) & set(finding.accounts)),
            len(set(f.tickers) & set(finding.tickers)),
            len(set(f.links) & set(finding.links)),
            len(joint(users, finding, f)),
            _behaviour(finding, f, ranks),
        )
        if like.accounts or like.tickers or like.links or like.identifiers or (like.behaviour or 0.0) >= 0.8:
            found.append(like)
    return sorted(found, key=lambda x: x.strength)[:SIMILAR]


def _ranks(findings: Iterable[Finding]) -> dict[tuple[str, str], float]:
    """By finding and feature, where its value stands among all findings', from 0 to 1; equal values stand together."""
    values: dict[str, dict[str, float]] = defaultdict(dict)
    for f in findings:
        for r in f.reasons:
            if r.value is not None:
                values[r.name][f.id] = r.value
    found = {}
    for name, by in values.items():
        places = sorted(set(by.values()))
        for f_id, value in by.items():
            found[f_id, name] = places.index(value) / max(len(places) - 1, 1)
    return found


def _behaviour(a: Finding, b: Finding, ranks: Mapping[tuple[str, str], float]) -> float | None:
    names = [r.name for r in a.reasons if (a.id, r.name) in ranks and (b.id, r.name) in ranks]
    if len(names) < 3:
        return None
    return 1.0 - sum(abs(ranks[a.id, n] - ranks[b.id, n]) for n in names) / len(names)


def like_rows(found: Iterable[Like], zone: str | None = None) -> list[Row]:
    """One row a similar ring."""
    return [
        {
            "Priority": str(x.finding.priority),
            "Kind": kind_label(x.finding.kind),
            "Identifiers": x.identifiers,
            "Accounts": x.accounts,
            "Links": x.links,
            "Tickers": x.tickers,
            "Behaviour": "unknown" if x.behaviour is None else f"{x.behaviour:.2f}",
            "What was flagged": one_line(x.finding.summary, 200),
            "Window": span(x.finding.window, zone),
            "Finding": x.finding.id,
        }
        for x in found
    ]


def likeness_rows(measures: Iterable[Measure]) -> list[Row]:
    """What was measured of a pair, beside what others of that time have."""
    return [
        {
            "Measure": m.name,
            "Value": number(m.value),
            "Of others": number(m.expected),
            "Unit": m.unit,
            "Speaks for a likeness": "yes" if m.matches else "no",
            "Shared": one_line("; ".join(m.shared), 300),
        }
        for m in measures
    ]
