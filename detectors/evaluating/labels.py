"""What is known of accounts, rings and tickers: read from the records of a store, in the sources' own words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from detectors.evaluating.matching import Group
from detectors.scoring.verdicts import meaning
from graph.store import View

POSITIVE = frozenset(
    [
        *("abuse", "bot", "coordinated", "fake", "fraud", "inauthentic", "manipulation", "pump", "pumper"),
        *("scam", "shill", "shilling", "spam", "sybil", "troll"),
    ]
)
NEGATIVE = frozenset(
    ["benign", "genuine", "honest", "human", "innocent", "legitimate", "official", "organic", "real", "service"]
)
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Labels:
    """What sources say.

    Attributes
    ----------
    accounts : mapping
        Scoped key → whether it ought to be flagged. An account that is not here is *unlabelled*: not known.
    groups : sequence of Group
        Rings that ought to be flagged, and look-alikes that ought not.
    verdicts : mapping
        Lineage of a finding → whether people confirmed it; a reversed verdict is its opposite.
    pumps : sequence of (ticker, time)
        Pumps that are known to have happened.
    notes : tuple of str
        What was not used, and why.
    """

    accounts: Mapping[str, bool] = field(default_factory=dict)
    groups: Sequence[Group] = ()
    verdicts: Mapping[str, bool] = field(default_factory=dict)
    pumps: Sequence[tuple[str, datetime]] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.accounts or self.groups or self.verdicts or self.pumps)

    def joined(self, other: Labels) -> Labels:
        """Both; where they say different things, the other's."""
        return Labels(
            {**self.accounts, **other.accounts},
            (*self.groups, *other.groups),
            {**self.verdicts, **other.verdicts},
            (*self.pumps, *other.pumps),
            (*self.notes, *other.notes),
        )


def from_groups(groups: Sequence[Group]) -> Labels:
    """Labels of a source that names groups: a member of a positive one is positive, of a look-alike alone negative."""
    accounts = {a: False for g in groups if not g.positive for a in sorted(g.members)}
    accounts |= {a: True for g in groups if g.positive for a in sorted(g.members)}
    return Labels(accounts, tuple(groups))


def from_records(
    view: View,
    lineages: Mapping[str, str],
    positive: Collection[str] = POSITIVE,
    negative: Collection[str] = NEGATIVE,
) -> Labels:
    """Labels, verdicts and pumps that a store holds.

    Of several labels on one account the newest counts (an undated one is older than any); those of one time that
    disagree are not used, nor are labels that have ended. A verdict on a finding is about its ring, one on an account
    about that account, and weighs more than a label.

    Parameters
    ----------
    view : View
        The records; of findings it needs none.
    lineages : mapping
        Finding's id → lineage, for verdicts that name a finding.
    positive, negative : collection of str
        Words of labels, folded, that say that an account ought, and ought not, to be flagged; others say neither.
    """
    now = view.recorded_at(view.seq) if view.seq else datetime.now(UTC)
    rows = [r for r in _rows(view, "labels") if r["until"] is None or r["until"] > now]
    words = {"positive": positive, "negative": negative}
    said, odd = _said(rows, words)
    accounts, torn = _newest(said)
    judged, rings = verdicts(view, lineages)
    notes = []
    if odd:
        notes.append(f"labels in words that say neither: {', '.join(sorted(odd))}")
    if torn:
        notes.append(f"accounts whose labels disagree: {torn}")
    pumps = sorted((r["ticker"], r["at"]) for r in _rows(view, "events") if "pump" in folded(r["kind"]))
    return Labels({**accounts, **judged}, _groups(rows, words), rings, pumps, tuple(notes))


def folded(word: str) -> str:
    """A word without case, hyphens and underscores."""
    return " ".join(word.casefold().replace("_", " ").replace("-", " ").split())


def of_kinds(labels: Labels, kinds: Collection[str]) -> tuple[Labels, frozenset[str]]:
    """Labels as they concern detectors of these kinds, and the accounts that are in rings of other kinds alone.

    Those ought to be flagged, but not by these detectors: they count neither way.
    """
    mine = [g for g in labels.groups if not g.positive or not g.kind or g.kind in kinds]
    others = [g for g in labels.groups if g.positive and g.kind and g.kind not in kinds]
    apart = {a for g in others for a in g.members} - {a for g in mine if g.positive for a in g.members}
    return replace(labels, groups=tuple(mine)), frozenset(apart)


def _rows(view: View, table: str) -> Iterable[dict[str, Any]]:
    for batch in view.scan(table):
        yield from batch.to_pylist()


def _said(
    rows: Iterable[Mapping[str, Any]], words: Mapping[str, Collection[str]]
) -> tuple[list[tuple[str, datetime, bool]], set[str]]:
    """What each label says of its account, and words that say nothing."""
    said, odd = [], set()
    for row in rows:
        word = folded(row["label"])
        if word in words["positive"] or word in words["negative"]:
            said.append((row["account"], row["at"] or _EVER, word in words["positive"]))
        else:
            odd.add(word)
    return said, odd


def _newest(said: Iterable[tuple[str, datetime, bool]]) -> tuple[dict[str, bool], int]:
    newest: dict[str, tuple[datetime, set[bool]]] = {}
    for account, at, positive in said:
        when, what = newest.get(account, (at, set()))
        if at > when:
            what = set()
        if at >= when:
            newest[account] = (at, {*what, positive})
    torn = sum(len(what) > 1 for _, what in newest.values())
    return {a: what.pop() for a, (_, what) in newest.items() if len(what) == 1}, torn


def _groups(rows: Iterable[Mapping[str, Any]], words: Mapping[str, Collection[str]]) -> tuple[Group, ...]:
    members: dict[tuple[str, str], set[str]] = {}
    says: dict[tuple[str, str], bool] = {}
    for row in rows:
        word = folded(row["label"])
        if row["ring_id"] and (word in words["positive"] or word in words["negative"]):
            ring = (row["source"] or "", row["ring_id"])
            members.setdefault(ring, set()).add(row["account"])
            says[ring] = says.get(ring, False) or word in words["positive"]
    several = len({source for source, _ in members}) > 1
    return tuple(
        Group(f"{ring[0]} {ring[1]}".strip() if several else ring[1], frozenset(members[ring]), says[ring])
        for ring in sorted(members)
        if len(members[ring]) > 1
    )


def verdicts(view: View, lineages: Mapping[str, str]) -> tuple[dict[str, bool], dict[str, bool]]:
    """What was decided: of accounts, and of findings by lineage; of several the last, and the majority of subjects.

    A reversed verdict is its opposite.
    """
    last: dict[tuple[str | None, str], tuple[datetime, bool]] = {}
    for row in _rows(view, "verdicts"):
        confirmed = meaning(row["outcome"])
        if confirmed is None:
            continue
        about = lineages.get(row["finding_id"]) if row["finding_id"] else None
        if row["finding_id"] and about is None:
            continue
        at, said = row["reversed_at"] or row["at"], confirmed != (row["reversed_at"] is not None)
        last[about, row["subject"]] = max(last.get((about, row["subject"]), (at, said)), (at, said))
    accounts = {subject: said for (about, subject), (_, said) in last.items() if about is None}
    votes: dict[str, list[bool]] = {}
    for (about, _), (_, said) in last.items():
        if about is not None:
            votes.setdefault(about, []).append(said)
    rings = {line: 2 * sum(v) > len(v) for line, v in votes.items() if 2 * sum(v) != len(v)}
    return accounts, rings
