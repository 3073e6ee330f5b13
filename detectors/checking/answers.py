"""What is known of each entry of a list: in which findings it is, with whom, since when, and what was decided.

"Not found" is not "clean": it says that nothing loaded carries the name. "Known, in no finding" says that the detectors
that ran did not flag it, at the data cut and with the parameters that :attr:`Checked.runs` names.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from detectors.checking.entries import Entry
from detectors.checking.lookup import Match, Named, lookup
from graph.findings import Finding, Priority, Role, Run, Status
from graph.model import NodeRef, NodeType
from graph.store import View

WITH = 5
"""Other members that an answer names."""
SHARED_BY = 20
"""Accounts of an identifier up to which sharing it is worth a word: what more use is a carrier's, a café's."""
_THINGS = {NodeType.LINK, NodeType.POST, NodeType.WALLET, NodeType.IDENTIFIER}


class State(enum.StrEnum):
    """What an entry comes to."""

    FLAGGED = "in a finding"
    NEAR = "in no finding, shares an identifier with a member of one"
    EARLIER = "in an earlier finding only"
    KNOWN = "known, in no finding"
    ABSENT = "not found: nothing loaded carries this name"
    UNREAD = "not understood"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision made elsewhere on just this account, link or wallet, as its source words it."""

    subject: str
    outcome: str
    at: datetime
    policy: str | None
    action: str | None
    reversed_at: datetime | None
    finding: str | None


@dataclass(frozen=True, slots=True)
class Involved:
    """A finding that an entry is in."""

    finding: str
    kind: str
    priority: Priority
    score: float
    score_means: str
    as_what: str  # a role, or "named in it"
    account: str | None  # the member; None where the finding names the thing itself
    others: int  # other members
    beside: tuple[str, ...]  # up to WITH of them, handles where known, the strongest first
    since: datetime  # first act, over all findings of the lineage
    found_at: datetime | None  # when the lineage was first recorded
    current: bool
    decided: str  # decisions on it and its members, counted; they say nothing of this account by themselves
    summary: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One entry's answer."""

    entry: Entry
    state: State
    accounts: tuple[Named, ...]
    things: tuple[NodeRef, ...]
    involved: tuple[Involved, ...]
    near: tuple[str, ...]
    decided: tuple[Decided, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """The answers, in the list's order; which findings several entries share; and what the answers stand on."""

    answers: tuple[Answer, ...]
    shared: tuple[tuple[str, int, int], ...]  # finding, entries in it (≥ 2), members
    runs: tuple[Run, ...]  # the newest successful run of each detector
    seq: int

    @property
    def counts(self) -> dict[str, int]:
        """Entries by state."""
        tally = Counter(a.state for a in self.answers)
        return {str(state): tally[state] for state in State}


def check(view: View, entries: Sequence[Entry]) -> Checked:
    """Answers for all entries, from what was loaded and found up to the view's commit. Shadow findings are left out."""
    known = Known(view)
    matches = lookup(view, entries)
    answers = tuple(known.answer(e, m) for e, m in zip(entries, matches, strict=True))
    inside = Counter(f for a in answers for f in {i.finding for i in a.involved if i.current})
    sizes = {f.id: len(f.members) for f in known.findings}
    shared = tuple((f, n, sizes[f]) for f, n in sorted(inside.items(), key=lambda x: (-x[1], x[0])) if n > 1)
    newest = {run.detector: run for run in known.runs if run.error is None}
    return Checked(answers, shared, tuple(newest[name] for name in sorted(newest)), view.seq)


class Known:
    """Findings, decisions and labels of a view, by what they are about."""

    def __init__(self, view: View) -> None:
        self.view = view
        live = {f.id for f in view.findings() if f.status is Status.LIVE}
        every = [f for f in view.findings(superseded=True) if f.status is Status.LIVE]
        self.findings = sorted(every, key=lambda f: (f.id not in live, f.priority.rank, -f.score, f.id))
        self.current = live
        self.runs = view.runs()
        self.near = Near(view)

    @cached_property
    def of_account(self) -> dict[str, list[tuple[Finding, Role]]]:
        """Findings by member."""
        found: dict[str, list[tuple[Finding, Role]]] = {}
        for f in self.findings:
            for m in f.members:
                found.setdefault(m.account, []).append((f, m.role))
        return found

    @cached_property
    def of_thing(self) -> dict[NodeRef, list[Finding]]:
        """Findings by the links, posts and wallets that they or their evidence name."""
        found: dict[NodeRef, list[Finding]] = {}
        for f in self.findings:
            named = {n for e in f.evidence for n in e.nodes if n.type in _THINGS}
            for node in sorted(named | {NodeRef(NodeType.LINK, link) for link in f.links}):
                found.setdefault(node, []).append(f)
        return found

    @cached_property
    def began(self) -> dict[str, datetime]:
        """First act of a lineage."""
        found: dict[str, datetime] = {}
        for f in self.findings:
            found[f.lineage_id] = min(f.window.start, found.get(f.lineage_id, f.window.start))
        return found

    @cached_property
    def recorded(self) -> dict[str, datetime]:
        """When a lineage was first recorded."""
        started = {run.id: run.started_at for run in self.runs}
        found: dict[str, datetime] = {}
        for f in self.findings:
            if f.run_id in started:
                at = started[f.run_id]
                found[f.lineage_id] = min(at, found.get(f.lineage_id, at))
        return found

    @cached_property
    def decisions(self) -> list[Decided]:
        """Decisions, oldest first."""
        rows = [row for batch in self.view.scan("verdicts") for row in batch.to_pylist()]
        rows.sort(key=lambda r: (r["at"], r["subject"], r["outcome"]))
        return [
            Decided(r["subject"], r["outcome"], r["at"], r["policy"], r["action"], r["reversed_at"], r["finding_id"])
            for r in rows
        ]

    @cached_property
    def outcomes(self) -> dict[str, str]:
        """Decisions by lineage, counted by outcome."""
        lineages = {f.id: f.lineage_id for f in self.findings}
        tally: dict[str, Counter[str]] = {}
        for d in self.decisions:
            if d.finding in lineages:
                outcome = f"{d.outcome}, reversed" if d.reversed_at else d.outcome
                tally.setdefault(lineages[d.finding], Counter())[outcome] += 1
        return {
            lineage: "; ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items(), key=lambda x: (-x[1], x[0])))
            for lineage, counts in tally.items()
        }

    @cached_property
    def labels(self) -> dict[str, list[str]]:
        """What sources said of accounts, in the words in which it may be shown."""
        found: dict[str, list[str]] = {}
        rows = [row for batch in self.view.scan("labels") for row in batch.to_pylist()]
        for row in sorted(rows, key=lambda r: (r["account"], r["label"], r["source"] or "", str(r["at"]))):
            when = f" on {row['at']:%Y-%m-%d}" if row["at"] else ""
            until = f", until {row['until']:%Y-%m-%d}" if row["until"] else ""
            said = f"labelled {row['label']} by {row['source'] or 'an unnamed source'}{when}{until}"
            found.setdefault(row["account"], []).append(said)
        return found

    def answer(self, entry: Entry, match: Match) -> Answer:
        """What an entry comes to."""
        involved = list(self._involved(match))
        mine = {n.account for n in match.accounts}
        near = () if any(i.current for i in involved) else self.near.of(mine, self.of_account, self.current)
        subjects = mine | {n.key for n in match.things}
        return Answer(
            entry,
            _state(entry, match, involved, near),
            tuple(match.accounts),
            tuple(match.things),
            tuple(involved),
            near,
            tuple(d for d in self.decisions if d.subject in subjects),
            tuple(said for account in sorted(mine) for said in self.labels.get(account, ())),
        )

    def _involved(self, match: Match) -> Iterable[Involved]:
        """Findings, each once, current ones first; of a lineage that goes on only the current one."""
        seen: set[str] = set()
        places: list[tuple[Finding, str, str | None]] = []
        for named in match.accounts:
            places += [(f, str(role), named.account) for f, role in self.of_account.get(named.account, ())]
        for node in match.things:
            places += [(f, "named in it", None) for f in self.of_thing.get(node, ())]
        places.sort(key=lambda p: (p[0].id not in self.current, p[0].priority.rank, -p[0].score, p[0].id))
        for finding, as_what, account in places:
            if finding.lineage_id not in seen:
                seen.add(finding.lineage_id)
                yield self._one(finding, as_what, account)

    def _one(self, f: Finding, as_what: str, account: str | None) -> Involved:
        others = [m for m in sorted(f.members, key=lambda m: (-m.score, m.account)) if m.account != account]
        return Involved(
            f.id,
            f.kind,
            f.priority,
            f.score,
            f.score_means,
            as_what,
            account,
            len(others),
            tuple(self._shown(m.account) for m in others[:WITH]),
            self.began[f.lineage_id],
            self.recorded.get(f.lineage_id),
            f.id in self.current,
            self.outcomes.get(f.lineage_id, ""),
            f.summary,
        )

    def _shown(self, key: str) -> str:
        known = self.view.account(key)
        return f"@{known.handle}" if known and known.handle else key


class Near:
    """Identifiers that few accounts share."""

    def __init__(self, view: View) -> None:
        self.view = view

    @cached_property
    def _rare(self) -> dict[tuple[str, str], list[str]]:
        users: dict[tuple[str, str], set[str]] = {}
        for batch in self.view.scan("identifiers", columns=["account", "kind", "value"]):
            for account, kind, value in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                users.setdefault((kind, value), set()).add(account)
        return {what: sorted(by) for what, by in users.items() if 1 < len(by) <= SHARED_BY}

    @cached_property
    def _of(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for what in sorted(self._rare):
            for account in self._rare[what]:
                found.setdefault(account, []).append(what)
        return found

    def of(
        self, accounts: Iterable[str], findings: dict[str, list[tuple[Finding, Role]]], current: set[str]
    ) -> tuple[str, ...]:
        """In words, what these accounts share with members of current findings; values are not shown."""
        said = []
        for account in sorted(accounts):
            for what in self._of.get(account, ()):
                users = self._rare[what]
                inside = Counter(f.id for u in users if u != account for f, _ in findings.get(u, ()) if f.id in current)
                for finding, n in sorted(inside.items(), key=lambda x: (-x[1], x[0])):
                    kind = what[0].removesuffix("_hash")
                    said.append(
                        f"shares a {kind} with {n} of {finding[:10]}'s members ({len(users)} accounts in all use it)"
                    )
        return tuple(said)


def _state(entry: Entry, match: Match, involved: Sequence[Involved], near: Sequence[str]) -> State:
    if not entry.readings:
        return State.UNREAD
    if any(i.current for i in involved):
        return State.FLAGGED
    if near:
        return State.NEAR
    if involved:
        return State.EARLIER
    return State.KNOWN if match.accounts or match.things else State.ABSENT
