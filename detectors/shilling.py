"""Shilling clusters: accounts that push the same tickers, links, texts or posts together, more than chance allows.

Rings are found by :mod:`detectors.promotion.searching` in windows from seconds to days: what chance makes in few
datasets of a hundred. Pairs whose meetings their shared interests account for (:mod:`detectors.coaction.null`) are no
edges of it.

The score is :mod:`detectors.scoring.ranking`'s: a stated weighing of the ring's features, lowered by each innocent
explanation that is present, by its part; or what verdicts on earlier rings have taught, where there are enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from detectors.base import Detector, Findings, Param, Scope, Value
from detectors.coaction.actions import ACTIONS
from detectors.coaction.clearing import Cleared, explanations, factor
from detectors.coaction.evidence import Piece, on_member, on_things, rests_on
from detectors.coaction.ring import POSTS_READ, Ring
from detectors.promotion import showing
from detectors.promotion.measuring import FEATURES, Promotion
from detectors.promotion.scene import Scene
from detectors.promotion.searching import Search, Seen
from detectors.promotion.wording import moment, sentence
from detectors.scoring.features import measured
from detectors.scoring.ranking import Judgement, Weighted
from detectors.scoring.verdicts import taught
from graph.findings import Evidence, Finding, Layer, Member, Priority, Role, Window
from graph.model import NodeType
from graph.store import View

LAYERS = ("co_ticker", "co_link", "co_text", "co_repost", "co_reply")
WEIGHS = 0.5  # discount from which an explanation can account for a pattern
WHOLE = 0.9  # part of a pattern from which an explanation accounts for it as a whole
PRIORITIES = ((0.6, Priority.HIGH), (0.4, Priority.MEDIUM), (0.2, Priority.LOW), (0.0, Priority.NOTE))


class Shilling(Detector):
    """Rings that push something together."""

    name = "shilling"
    version = "3"
    kinds = ("shilling_cluster",)
    about = (
        "Accounts that post the same ticker, link or text, or repost the same post, together more than chance allows."
    )
    features = FEATURES
    params = (
        Param("window", float, "s", 60.0, 0.0, 86_400.0, "acts this close together count as one occasion"),
        Param("wide", float, "s", 600.0, 0.0, 604_800.0, "a wider window that is searched as well; 0: none"),
        Param("slow", float, "s", 21_600.0, 0.0, 604_800.0, "the widest window, for slow campaigns; 0: none"),
        Param("level", float, "1", 0.05, 0.001, 0.5, "chance of reporting any ring where nothing is coordinated"),
        Param("draws", int, "datasets", 99, 19, 9999, "datasets drawn by chance that a ring is compared with"),
        Param("interests", float, "1", 0.001, 1e-12, 1.0, "chance, from shared interests, of a pair's occasions"),
        Param("fdr", float, "1", 0.05, 1e-9, 0.5, "chance of a member's own evidence, at most, to be more than fringe"),
        Param("min_ring", int, "accounts", 3, 2, 1000, "least number of accounts in a ring"),
        Param("layers", str, "names", ",".join(LAYERS), None, None, "actions looked at", tuple(ACTIONS), several=True),
        Param("hub_share", float, "1", 0.05, 0.0, 1.0, "an object in a larger share of all posts is skipped"),
        Param("hub_posts", int, "posts", 1000, 1, None, "an object in fewer posts is never skipped"),
    )

    def detect(self, view: View, params: Mapping[str, Value], scope: Scope) -> Sequence[Finding]:
        """Findings, the highest score first."""
        report = Report(Search(view, params, scope), self)
        findings = [report.finding(seen) for seen in report.search.rings]
        found = Findings(sorted(findings, key=lambda f: (-f.score, f.id)))
        found.notes = (*report.search.notes, *report.taught.notes)
        return found


class Report:
    """What is said of the rings of a search."""

    def __init__(self, search: Search, detector: Detector) -> None:
        self.search, self.detector, self.scene = search, detector, Scene(search)
        self.taught = taught(search.view, detector.kinds, FEATURES)
        self.ranking = self.taught.ranking

    def judged(self, subject: Promotion, cleared: Sequence[Cleared]) -> Judgement:
        """The ring's score and why. Innocent explanations lower a score; one that is learnt has them as a feature."""
        judgement = self.ranking.judge(measured(subject, FEATURES))
        if isinstance(self.ranking, Weighted):
            judgement = replace(judgement, score=round(judgement.score * factor(cleared), 6))
        return judgement

    def finding(self, seen: Seen) -> Finding:
        """What is said of a ring."""
        search, codes = self.search, seen.codes
        ring = search.ring(seen)
        limits = list(search.limits)
        read = {k for t in ring.togethers for k in t.keys}
        known = {p.post for p in search.view.posts(sorted(read))} if len(read) > POSTS_READ else set(ring.posts)
        if len(read) > POSTS_READ:
            limits.append(f"texts of {POSTS_READ} of {len(read)} posts were read")
        pieces = [p for t in ring.togethers for p in on_things(t, search.names, known, limits)]
        rests, enough = rests_on(pieces, seen.within.found, seen.within.interests, codes)
        if not enough:
            limits.append(
                "it rests on more than is shown: without the measurements listed, it would still have been flagged"
            )
        own = {
            int(c): e for c in codes for e in [on_member(ring.togethers, int(c), search.names, known)] if e is not None
        }
        subject = Promotion(ring, seen.within.acts, search.context, self.scene)
        shown = showing.evidence(subject)
        cleared = [*explanations(subject), showing.nothing_pushed(subject)]
        judgement = self.judged(subject, cleared)
        score = judgement.score
        times = np.concatenate([t.times for t in ring.togethers])
        return Finding(
            kind=self.detector.kinds[0],
            detector=self.detector.name,
            version=self.detector.version,
            params=dict(search.params),
            data_cut=search.view.seq,
            members=self._members(ring, own, score, seen),
            window=Window(moment(times.min()), moment(times.max())),
            score=score,
            priority=_priority(score, cleared),
            summary="; ".join(
                [sentence(ring, seen.within.window, seen.p_value), *(s.clause for s in shown if s.clause)]
            )
            + ".",
            evidence=(*(p.evidence for p in pieces), *(s.evidence for s in shown), *(own[c] for c in sorted(own))),
            rests_on=tuple(p.evidence.ref for p in rests),
            would_clear=tuple(c.explanation for c in cleared),
            tickers=_targets(ring, pieces, NodeType.TICKER),
            links=_targets(ring, pieces, NodeType.LINK),
            layers=tuple(Layer(t.stream.action, t.count) for t in ring.togethers),
            limits=(*limits, *showing.limits(subject)),
            score_means=judgement.means,
            reasons=judgement.reasons,
        )

    def _members(self, ring: Ring, own: Mapping[int, Evidence], score: float, seen: Seen) -> tuple[Member, ...]:
        """Members by score; roles follow from how much each took part, against evidence of its own."""
        most = max(float(ring.participation[c]) for c in ring.codes)
        members = []
        for code in map(int, ring.codes):
            name = self.search.names[code]
            part = float(ring.participation[code]) / most
            role = self._role(name, part, own.get(code), ring)
            if role is Role.CORE and code not in seen.ring.core:
                role = Role.AMPLIFIER
            weight = round(score * (0.5 * part + 0.5 * ring.focus[code]), 6)
            members.append(Member(name, weight, role, (own[code].ref,) if code in own else ()))
        return tuple(sorted(members, key=lambda m: (-m.score, m.account)))

    def _role(self, name: str, part: float, evidence: Evidence | None, ring: Ring) -> Role:
        if name in self.search.context.hijacked:
            return Role.COMPROMISED
        if (
            evidence is None
            or name in self.search.context.not_members
            or (evidence.p_value or 0.0) > float(self.search.params["fdr"])
        ):
            return Role.FRINGE
        if "co_repost" in evidence.measure and ring.lead.stream.action != "co_repost":
            return Role.AMPLIFIER
        return Role.CORE if part >= 0.5 else Role.AMPLIFIER if part >= 0.2 else Role.FRINGE


def _priority(score: float, cleared: Sequence[Cleared]) -> Priority:
    """By score; a pattern that one innocent explanation that weighs accounts for as a whole is a note."""
    if any(c.part >= WHOLE and c.discount >= WEIGHS for c in cleared):
        return Priority.NOTE
    return next(p for floor, p in PRIORITIES if score >= floor)


def _targets(ring: Ring, pieces: Sequence[Piece], node: NodeType) -> tuple[str, ...]:
    """Tickers or links that the ring concentrates on: those of at least a fifth as many occasions as the first."""
    mine = [
        (p.evidence.value, p.together.thing(p.thing)) for p in pieces if ACTIONS[p.together.stream.action].node is node
    ]
    if not mine:
        column = "tickers" if node is NodeType.TICKER else "links"
        used: dict[str, int] = {}
        for post in ring.posts.values():
            for thing in getattr(post, column):
                used[thing] = used.get(thing, 0) + 1
        mine = [(float(n), thing) for thing, n in used.items() if 2 * n >= len(ring.posts)]
    most = max((n for n, _ in mine), default=0)
    return tuple(thing for n, thing in sorted(mine, key=lambda x: (-x[0], x[1])) if 5 * n >= most)
