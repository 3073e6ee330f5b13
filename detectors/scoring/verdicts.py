"""What people decided about earlier findings, as examples to learn from.

A verdict counts for the ring that its finding was about, in every run of it (its lineage). Of several on one subject
the last counts; of several subjects of one ring, the majority. A verdict that was reversed counts as its opposite, from
the day of its reversal.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from detectors.scoring.features import Features
from detectors.scoring.ranking import NO_VERDICTS, Example, Ranking, learn
from graph.findings import Finding
from graph.store import View

CONFIRMED = frozenset(
    ("abuse", "actioned", "confirmed", "confirmed risk", "coordinated", "true positive", "upheld", "violation")
)
CLEARED = frozenset(
    (
        "benign",
        "cleared",
        "dismissed",
        "false positive",
        "innocent",
        "no action",
        "no violation",
        "not confirmed",
        "overturned",
        "rejected",
        "unfounded",
    )
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one verdict comes to."""

    lineage: str
    subject: str
    confirmed: bool
    at: datetime


def meaning(outcome: str) -> bool | None:
    """Whether a source's word confirms abuse; None where the word is not known."""
    word = " ".join(outcome.casefold().replace("_", " ").replace("-", " ").split())
    return True if word in CONFIRMED else False if word in CLEARED else None


@dataclass(frozen=True, slots=True)
class Taught:
    """What a store's verdicts allow a detector to say.

    Attributes
    ----------
    ranking : Ranking
        Judges what it finds.
    notes : tuple of str
        What its run should say of that.
    """

    ranking: Ranking
    notes: tuple[str, ...]


def taught(view: View, kinds: Collection[str], features: Features) -> Taught:
    """The ranking that the verdicts on findings of these kinds allow.

    Parameters
    ----------
    view : View
        With the findings recorded before and the verdicts on them.
    kinds : collection of str
        Kinds of finding that the detector declares.
    features : sequence of Feature
        Its features: those that its findings have as their reasons.
    """
    judged, odd = examples(view, kinds)
    ranking = learn(judged, features)
    notes = [ranking.note] if ranking.note != NO_VERDICTS else []
    if odd:
        notes.append(f"verdicts in words that are not known: {odd}")
    return Taught(ranking, tuple(notes))


def examples(view: View, kinds: Collection[str]) -> tuple[list[Example], int]:
    """Judged rings with the features that were recorded of them, and how many verdicts use words that are not known.

    Each lineage is one example: its newest finding that has features. Findings recorded before there were features,
    and verdicts that name no finding, teach nothing.
    """
    rows = [row for batch in view.scan("verdicts") for row in batch.to_pylist() if row["finding_id"]]
    if not rows:
        return [], 0
    findings = [f for kind in sorted(kinds) for f in view.findings(kind=kind, superseded=True)]
    lineages = {f.id: f.lineage_id for f in findings}
    said, unknown = [], 0
    for row in rows:
        lineage, confirmed = lineages.get(row["finding_id"]), meaning(row["outcome"])
        unknown += confirmed is None and lineage is not None
        if lineage is not None and confirmed is not None:
            reversed_ = row["reversed_at"] is not None
            said.append(Said(lineage, row["subject"], confirmed != reversed_, row["reversed_at"] or row["at"]))
    return _examples(findings, said), unknown


def _examples(findings: Collection[Finding], said: Collection[Said]) -> list[Example]:
    newest: dict[str, Finding] = {}
    for f in sorted(findings, key=lambda f: (f.data_cut, f.id)):
        if f.reasons:
            newest[f.lineage_id] = f
    last: dict[tuple[str, str], Said] = {}
    for s in sorted(said, key=lambda s: (s.at, s.confirmed)):
        last[s.lineage, s.subject] = s
    found = []
    for lineage in sorted({s.lineage for s in last.values()} & set(newest)):
        mine = [s for s in last.values() if s.lineage == lineage]
        yes = sum(s.confirmed for s in mine)
        if 2 * yes != len(mine):
            values = {r.name: r.value for r in newest[lineage].reasons}
            found.append(Example(values, 2 * yes > len(mine), lineage, max(s.at for s in mine)))
    return found
