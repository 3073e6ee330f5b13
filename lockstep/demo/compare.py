"""Findings held against the planted truth: found, missed, not looked for, and false."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from detectors.base import discover
from graph.findings import Finding, Role
from lockstep.demo.truth import BadRow, Group, Truth

_NAMED_ROLES = (Role.CORE, Role.AMPLIFIER)


class Outcome(enum.StrEnum):
    """What became of a group."""

    FOUND = "found"  # at least half of its members
    PARTLY = "partly"  # at least two of its members
    MISSED = "missed"
    NOT_LOOKED_FOR = "not looked for"  # no detector of its kind ran
    LEFT_ALONE = "left alone"  # a look-alike that no false finding names
    FALSE = "flagged wrongly"  # a look-alike that a false finding names


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One group: how much of it was found, by what."""

    group: Group
    outcome: Outcome
    hit: int  # members that findings name (of a look-alike: that the worst false finding accuses)
    findings: tuple[str, ...]  # ids, the one with most members first
    note: str = ""

    @property
    def of(self) -> int:
        """Members of the group."""
        return len(self.group.members)


@dataclass(frozen=True, slots=True)
class FalseFinding:
    """A finding whose named members mostly do nothing that was planted."""

    finding: str  # id
    kind: str
    named: int  # members named as core or amplifier (all of them, if none is)
    lookalike: str  # id of the innocent group that at least a third of those named belong to; empty: there is none
    hit: int  # named members that belong to that look-alike
    note: str


class Row(NamedTuple):
    """One printed line."""

    name: str
    kind: str
    outcome: str
    members: str
    findings: str
    note: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Planted groups, look-alikes and false findings, each in a stable order."""

    planted: tuple[GroupResult, ...]
    lookalikes: tuple[GroupResult, ...]
    false: tuple[FalseFinding, ...]
    bad_rows: tuple[BadRow, ...] = ()  # rows that were spoilt on purpose

    def counts(self) -> dict[str, int]:
        """Number of groups by outcome, and of false findings under ``false findings``."""
        results = [*self.planted, *self.lookalikes]
        tally = {str(o): sum(r.outcome is o for r in results) for o in Outcome}
        return {**tally, "false findings": len(self.false)}

    def rows(self) -> list[Row]:
        """Lines to print: planted groups, then look-alikes, then false findings."""
        lines = [
            Row(r.group.id, r.group.kind, str(r.outcome), f"{r.hit} of {r.of}", ", ".join(r.findings), r.note)
            for r in (*self.planted, *self.lookalikes)
        ]
        for f in self.false:
            members = f"{f.hit} of {f.named}"
            lines.append(Row(f.lookalike or "-", f.kind, "false finding", members, f.finding, f.note))
        return lines

    def lines(self) -> list[str]:
        """The rows as aligned text, under one line of numbers."""
        tally = self.counts()
        planted = ", ".join(f"{tally[o]} {o}" for o in (*Outcome,)[:4] if tally[o])
        alone = tally[Outcome.LEFT_ALONE]
        head = (
            f"Planted: {len(self.planted)} groups ({planted}). Look-alikes: {len(self.lookalikes)}, {alone} left alone."
        )
        text = [f"{head} False findings: {len(self.false)}."]
        rows = [("group", "kind", "outcome", "members", "note"), *((*r[:4], r.note) for r in self.rows())]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        text += ["  ".join([*(row[i].ljust(widths[i]) for i in range(4)), row[4]]).rstrip() for row in rows]
        if self.bad_rows:
            text.append(f"{len(self.bad_rows)} rows were spoilt on purpose, for the quarantine to show:")
            text += [f"  {b.file} line {b.line}: {b.why}" for b in self.bad_rows]
        return text


def compare(truth: Truth, findings: Sequence[Finding], *, kinds: Collection[str] | None = None) -> Comparison:
    """Hold findings against the truth.

    A finding is true when at least half of the members it accuses (core and amplifier; all of them, if it has none)
    belong to planted groups; it then counts for every planted group of which it names two or more members. Any other
    finding is false, also where it names some planted members among many others.

    Parameters
    ----------
    kinds : collection of str, optional
        Kinds of finding that the detectors that ran can make; by default all detectors count as run. A planted group
        of another kind that nothing found was not looked for, which is not the same as missed.

    Returns
    -------
    Comparison
        Groups in the truth's order, false findings in the order given.
    """
    looked_for = {k for d in discover().values() for k in d.kinds} if kinds is None else set(kinds)
    guilty = {m for g in truth.planted for m in g.members}
    true = [f for f in findings if 2 * len(_named(f) & guilty) >= len(_named(f))]
    judged = {id(f) for f in true}
    false = tuple(_false(truth, f, guilty) for f in findings if id(f) not in judged)
    return Comparison(
        planted=tuple(_planted(g, true, guilty, looked_for) for g in truth.planted),
        lookalikes=tuple(_lookalike(g, false) for g in truth.lookalikes),
        false=false,
        bad_rows=truth.bad_rows,
    )


def _named(finding: Finding) -> frozenset[str]:
    named = frozenset(m.account for m in finding.members if m.role in _NAMED_ROLES)
    return named or frozenset(finding.accounts)


def _planted(group: Group, true: Sequence[Finding], guilty: set[str], looked_for: set[str]) -> GroupResult:
    members = set(group.members)
    hits = [(len(members.intersection(f.accounts)), f) for f in true]
    hits = sorted((h for h in hits if h[0] >= 2), key=lambda h: (-h[0], h[1].id))
    named = members.intersection(a for _, f in hits for a in f.accounts)
    if 2 * len(named) >= len(members):
        outcome = Outcome.FOUND
    elif named:
        outcome = Outcome.PARTLY
    else:
        outcome = Outcome.MISSED if group.kind in looked_for else Outcome.NOT_LOOKED_FOR
    found = [f for _, f in hits]
    return GroupResult(group, outcome, len(named), tuple(f.id for f in found), _note(group, found, guilty, outcome))


def _note(group: Group, found: Sequence[Finding], guilty: set[str], outcome: Outcome) -> str:
    notes = []
    if outcome is Outcome.MISSED and group.hidden:
        notes.append(f"expected: {group.hidden}")
    if outcome in {Outcome.MISSED, Outcome.PARTLY} and not group.hidden:
        notes.append(f"planted as: {group.why}")
    if outcome is Outcome.NOT_LOOKED_FOR:
        notes.append(f"no detector for {group.kind} ran")
    if found and not any(f.kind == group.kind for f in found):
        notes.append(f"seen as {found[0].kind}")
    others = {a for f in found for a in _named(f)} - guilty
    if others:
        notes.append(f"{len(others)} bystanders named as well")
    merged = max((len((_named(f) & guilty) - set(group.members)) for f in found), default=0)
    if merged:
        notes.append(f"in one finding with {merged} members of other groups")
    notes += [_victim(account, found) for account in group.hijacked if found]
    if group.returns and outcome is Outcome.FOUND:
        notes.append(f"is {group.returns} come back")
    return "; ".join(notes)


def _victim(account: str, found: Sequence[Finding]) -> str:
    roles = {m.role for f in found for m in f.members if m.account == account}
    if not roles:
        return "the hijacked account is not named"
    if roles & set(_NAMED_ROLES):
        return "the hijacked account is named, though a victim"
    return f"the hijacked account is shown as {min(roles)}"


def _false(truth: Truth, finding: Finding, guilty: set[str]) -> FalseFinding:
    named = _named(finding)
    overlap = [(len(named.intersection(g.members)), g) for g in truth.lookalikes]
    hit, group = max(overlap, key=lambda o: (o[0], -len(o[1].members)), default=(0, None))
    if group is not None and hit >= 2 and 3 * hit >= len(named):  # fewer are there by chance: crowds are large
        note = f"{hit} of {len(named)} members belong to {group.id} ({group.kind}): {group.why}"
    else:
        hit, group = 0, None
        note = f"its {len(named)} members belong to no group that was made"
    caught = len(named & guilty)
    if caught:
        note += f"; {caught} are members of planted groups"
    return FalseFinding(finding.id, finding.kind, len(named), group.id if group else "", hit, note)


def _lookalike(group: Group, false: Sequence[FalseFinding]) -> GroupResult:
    naming = [f for f in false if f.lookalike == group.id]
    outcome = Outcome.FALSE if naming else Outcome.LEFT_ALONE
    return GroupResult(group, outcome, max((f.hit for f in naming), default=0), tuple(f.finding for f in naming))
