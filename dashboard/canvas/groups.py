"""Accounts drawn as one: those of a ring, of a week of creation, of a link they share, or those that were chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.canvas.facets import Line
from graph.findings import Finding, digest
from graph.model import Account, NodeRef, NodeType

WAYS = ("ring", "week", "link", "chosen")
LEAST = 2
"""Accounts of a group."""


@dataclass(frozen=True, slots=True)
class Group:
    """One node that stands for several accounts."""

    id: str
    by: str
    what: str  # the ring's, week's or link's name
    nodes: tuple[NodeRef, ...]
    about: str  # "312 accounts: 41 flagged, 208 created in one week"


def grouped(
    by: str,
    nodes: Sequence[NodeRef],
    lines: Sequence[Line],
    findings: Iterable[Finding],
    account: Callable[[str], Account | None],
) -> list[Group]:
    """Groups of at least :data:`LEAST` accounts, the largest first; an account is in the first that it belongs to.

    Parameters
    ----------
    by : str
        One of :data:`WAYS`; ``chosen`` makes all nodes one.
    """
    accounts = [n for n in nodes if n.type is NodeType.ACCOUNT]
    known = list(findings)
    buckets = _buckets(by, accounts, lines, known, account)
    flagged = {m.account for f in known for m in f.members}
    taken: set[NodeRef] = set()
    found = []
    for what, members in sorted(buckets.items(), key=lambda b: (-len(b[1]), b[0])):
        mine = tuple(n for n in members if n not in taken)
        if len(mine) >= LEAST:
            taken.update(mine)
            name = digest([by, what, [str(n) for n in mine]])[:12]
            found.append(Group(name, by, what, mine, about(mine, flagged, account)))
    return found


def about(nodes: Sequence[NodeRef], flagged: set[str], account: Callable[[str], Account | None]) -> str:
    """What a group is, in numbers that a person can check."""
    weeks = Counter(w for n in nodes if (w := week(account(n.key))))
    parts = [f"{sum(n.key in flagged for n in nodes):,} flagged"]
    if weeks:
        name, most = min(weeks.items(), key=lambda x: (-x[1], x[0]))
        parts.append(f"{most:,} created in week {name}")
    return f"{len(nodes):,} accounts: {', '.join(parts)}"


def week(known: Account | None) -> str | None:
    """ISO week of an account's creation (UTC)."""
    if known is None or known.created_at is None:
        return None
    year, number, _ = known.created_at.isocalendar()
    return f"{year}-W{number:02d}"


def _buckets(
    by: str,
    accounts: Sequence[NodeRef],
    lines: Sequence[Line],
    findings: Sequence[Finding],
    account: Callable[[str], Account | None],
) -> Mapping[str, list[NodeRef]]:
    found: dict[str, list[NodeRef]] = {}
    if by == "ring":
        for finding in findings:
            members = {m.account for m in finding.members}
            found[finding.id] = [n for n in accounts if n.key in members]
    elif by == "week":
        for node in accounts:
            if name := week(account(node.key)):
                found.setdefault(name, []).append(node)
    elif by == "link":
        shown = set(accounts)
        for line in lines:
            if line.target.type is NodeType.LINK and line.source in shown:
                mine = found.setdefault(line.target.key, [])
                if line.source not in mine:
                    mine.append(line.source)
    else:
        found["chosen"] = list(accounts)
    return found
