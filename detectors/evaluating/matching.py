"""Rings held against the groups that are known: which finding is which group, and how much of it."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from graph.findings import Finding, Role

ACCUSED = frozenset((Role.CORE, Role.AMPLIFIER))
NAMED = ACCUSED | {Role.COMPROMISED}  # who is in a ring: a hijacked account is, and is accused of nothing
HALF = 0.5


class Outcome(enum.StrEnum):
    """What became of a group."""

    FOUND = "found"  # one finding names at least half of it
    PARTLY = "partly"  # findings name at least two of its members
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts that a source says act together (or, where ``positive`` is False, look as if they did).

    Attributes
    ----------
    id : str
        The source's name for it.
    members : frozenset of str
        Scoped account keys.
    positive : bool
        Whether it ought to be flagged.
    kind : str
        Kind of finding that it ought to be; empty: not said.
    start, end : datetime, optional
        First and last act that is known.
    why : str
        What the source says of it.
    """

    id: str
    members: frozenset[str]
    positive: bool = True
    kind: str = ""
    start: datetime | None = None
    end: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How alike two sets of accounts are; all zero where they share none."""

    shared: int = 0
    precision: float = 0.0
    recall: float = 0.0
    jaccard: float = 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall (Dice's coefficient of the two sets)."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Match:
    """What findings say of one group.

    Attributes
    ----------
    group : Group
        The group.
    outcome : Outcome
        What became of it.
    best : Overlap
        With the finding most like it (by F1).
    finding : str
        That finding's id; empty for none.
    whole : Overlap
        With all who are named in that finding's lineage.
    split : int
        Findings at least half of whose members are its; from two on it is split.
    merged : tuple of str
        Other positive groups of which the same finding names at least half.
    """

    group: Group
    outcome: Outcome
    best: Overlap
    finding: str
    whole: Overlap
    split: int
    merged: tuple[str, ...]


def named(finding: Finding, roles: Collection[Role] = NAMED) -> frozenset[str]:
    """Members in one of the roles; all members, if none is."""
    return frozenset(m.account for m in finding.members if m.role in roles) or frozenset(finding.accounts)


def overlap(found: Collection[str], true: Collection[str]) -> Overlap:
    """How alike two sets of accounts are."""
    shared = len(set(found) & set(true))
    if not shared:
        return Overlap()
    return Overlap(shared, shared / len(found), shared / len(true), shared / (len(found) + len(true) - shared))


def match(groups: Sequence[Group], findings: Sequence[Finding], roles: Collection[Role] = NAMED) -> list[Match]:
    """What findings say of each group, in the order of groups.

    Parameters
    ----------
    findings : sequence of Finding
        All of each lineage that should count towards :attr:`Match.whole`; in any order.
    roles : collection of Role
        Members in these roles count as named.
    """
    said = {f.id: named(f, roles) for f in findings}
    lineage_of = {f.id: f.lineage_id for f in findings}
    whole: dict[str, set[str]] = defaultdict(set)
    for name, members in said.items():
        whole[lineage_of[name]] |= members
    touching = _touching(said)
    return [_match(g, groups, said, touching, {n: whole[line] for n, line in lineage_of.items()}) for g in groups]


def _touching(said: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    """Findings by account."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, members in said.items():
        for account in members:
            found[account].append(name)
    return found


def _match(
    group: Group,
    groups: Iterable[Group],
    said: Mapping[str, frozenset[str]],
    touching: Mapping[str, list[str]],
    whole: Mapping[str, set[str]],
) -> Match:
    near = {name for account in group.members for name in touching.get(account, ())}
    if not near:
        return Match(group, Outcome.MISSED, Overlap(), "", Overlap(), 0, ())
    every = {name: overlap(said[name], group.members) for name in near}
    best = min(every, key=lambda name: (-every[name].f1, name))
    anywhere = len(group.members & frozenset().union(*(said[name] for name in near)))
    outcome = Outcome.MISSED
    if max(o.recall for o in every.values()) >= HALF:
        outcome = Outcome.FOUND
    elif anywhere >= 2:
        outcome = Outcome.PARTLY
    others = [
        g for g in groups if g.positive and g.id != group.id and 2 * len(g.members & said[best]) >= len(g.members)
    ]
    merged = tuple(sorted(g.id for g in others)) if every[best].recall >= HALF else ()
    split = sum(o.precision >= HALF for o in every.values())
    return Match(group, outcome, every[best], best, overlap(whole[best], group.members), split, merged)


def true_findings(findings: Sequence[Finding], guilty: Collection[str]) -> list[bool]:
    """Of each finding, whether at least half of those it accuses are among the accounts given."""
    known = frozenset(guilty)
    return [bool(names := named(f, ACCUSED)) and 2 * len(names & known) >= len(names) for f in findings]
