"""What a ring of one hand rests on: measurements, each with what chance brings, of the ring and of each member."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.coaction.null import tail
from detectors.identity.people import Ints
from detectors.identity.rings import rings_of
from detectors.identity.sentences import shown
from detectors.identity.subject import Subject, Tie
from detectors.identity.ties import Edges, Group
from graph.findings import Evidence
from graph.model import NodeRef, NodeType

SHOWN = 12  # groups of one layer that are shown
NEAR = 0.5  # from which nearness to labelled accounts is evidence
RHYTHM = 0.05  # p from which likeness of rhythms is no evidence


@dataclass(frozen=True)
class Piece:
    """A measurement of the ring, and the layer it is from."""

    layer: str
    evidence: Evidence


def pieces(subject: Subject, limits: list[str]) -> list[Piece]:
    """Measurements of the ring, layer by layer, the least likely first."""
    found = []
    by: dict[str, list[Tie]] = {}
    for tie in subject.telling:
        by.setdefault(tie.layer.name, []).append(tie)
    for name, ties in by.items():
        ordered = sorted(ties, key=lambda t: (_p(subject, t), -len(t.codes), t.group))
        if len(ordered) > SHOWN:
            limits.append(f"{name}: {SHOWN} of {len(ordered)} groups that members share are shown")
        found += [Piece(name, of_tie(subject, tie)) for tie in ordered[:SHOWN]]
    return found + _behaviour(subject)


def of_tie(subject: Subject, tie: Tie) -> Evidence:
    """Members in one group."""
    group = tie.layer.groups[tie.group]
    others = "that no other account used" if not tie.others else f"that {tie.others} other accounts used"
    if tie.family == "identifiers":
        measure = f"accounts on {group.label} {others}"
    else:
        measure = f"accounts {_joined(group)}{group.label}"
        if group.kind in {"handle", "profile"}:
            measure += f" “{shown(group.detail)}”"
        if group.kind != "funding" and tie.others:
            measure += f", as {tie.others} others"
    nodes = (*group.nodes[:50], *_accounts(subject, tie.codes))
    return Evidence(
        measure, float(len(tie.codes)), round(subject.expected(tie), 9), _p(subject, tie), "accounts", nodes
    )


def _joined(group: Group) -> str:
    plain = group.kind == "burst" or (group.kind == "funding" and not group.label.startswith("money"))
    return "" if plain else "with "


def _p(subject: Subject, tie: Tie) -> float:
    """Chance of so many members in the group, dealt out anew; what the signal itself says, if it does."""
    from scipy.stats import binom

    told = tie.layer.groups[tie.group].p_value
    if told is not None:
        return told
    degree = int(tie.layer.degree[tie.group])
    return float(binom.sf(len(tie.codes) - 1, degree, min(subject.expected(tie) / degree, 1.0)))


def _behaviour(subject: Subject) -> list[Piece]:
    """Acting together, rhythm and follows, where they say anything."""
    found: list[tuple[str, str, float, float, float | None, str]] = []
    accounts = _accounts(subject, subject.codes)
    seen, expected = subject.acting
    if "acting" in subject.families:
        measure = "pairs that repost, answer and like the same posts as few pairs of accounts do"
        found.append(("acting", measure, float(seen), round(expected, 9), float(tail(seen, expected)), "pairs"))
    if subject.rhythm is not None and subject.rhythm[2] <= RHYTHM:
        measure = "likeness of members' weeks and pauses, beside groups as active"
        found.append(("rhythm", measure, *subject.rhythm, "1"))
    if subject.company is not None and subject.company[0] > NEAR:
        measure = "members' nearness to labelled sybil accounts over follows, beside all accounts"
        found.append(("trust", measure, *subject.company, None, "1"))
    follows, brought, chance = subject.followed
    if chance <= RHYTHM and follows > brought:
        found.append(("follows", "follows among members", float(follows), brought, chance, "follows"))
    return [
        Piece(layer, Evidence(measure, value, by_chance, p, unit, accounts))
        for layer, measure, value, by_chance, p, unit in found
    ]


def on_member(subject: Subject, code: int) -> Evidence | None:
    """What one account shares with the others; None where it is nothing."""
    mine = [t for t in subject.telling if code in t.codes]
    if not mine:
        return None
    others = np.setdiff1d(np.concatenate([t.codes for t in mine]), [code])
    expected = 0.0
    for layer in {id(t.layer): t.layer for t in mine}.values():
        active = layer.activity
        rest = others[others < len(active)]
        rate = max(layer.rate(t.group) for t in mine if t.layer is layer)
        expected += rate * float(active[code]) * float(active[rest].sum())
    labels = list(dict.fromkeys(t.layer.groups[t.group].label for t in mine))
    nodes = tuple(dict.fromkeys(n for t in mine for n in t.layer.groups[t.group].nodes[:5]))
    account = NodeRef(NodeType.ACCOUNT, subject.signals.people.keys[code])
    said = f"members with whom it has in common: {'; '.join(labels[:6])}"
    p = float(tail(len(others), expected))
    return Evidence(said, float(len(others)), round(expected, 9), p, "accounts", (account, *nodes[:20]))


def rests_on(subject: Subject, found: list[Piece]) -> tuple[list[Piece], bool]:
    """The evidence of the fewest layers without which it would not be reported, and whether that is enough.

    Layers are taken away, the one that says most first, until what is left of the ring's edges makes no ring that
    would be reported and no group stands on its own.
    """
    weight: dict[str, float] = {}
    for tie in subject.telling:
        weight[tie.layer.name] = weight.get(tie.layer.name, 0.0) - np.log(max(_p(subject, tie), 1e-300))
    taken: list[str] = []
    for name in sorted(weight, key=lambda n: (-weight[n], n)):
        if not _fires(subject, taken):
            break
        taken.append(name)
    enough = not _fires(subject, taken)
    chosen = [p for p in found if p.layer in taken]
    return (chosen or found[:1]), enough


def _fires(subject: Subject, without: list[str]) -> bool:
    """Whether the ring would be reported without some layers."""
    signals, ring, found = subject.signals, subject.codes, subject.found
    least, level = found.rules.least, found.rules.level
    kept = [k for k, layer in enumerate(signals.layers.layers) if layer.name not in without]
    edges = Edges(found.edges.source, found.edges.target, found.parts[:, kept].sum(axis=1))
    left = edges.among(ring).above(found.bound)
    if any(t > found.weakest for _, t in rings_of(left, signals.layers.count, least)):
        return True
    if "funding" not in without and signals.groups_of(ring):
        return True
    return any(
        c.layer.name not in without and c.expected <= level and np.isin(c.layer.members(c.group), ring).sum() >= least
        for c in signals.crowds
    )


def _accounts(subject: Subject, codes: Ints) -> tuple[NodeRef, ...]:
    return tuple(NodeRef(NodeType.ACCOUNT, key) for key in sorted(subject.signals.names(codes)))
