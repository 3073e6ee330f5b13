"""Sybil rings: accounts that are likely one operator's, by what they share beyond chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from detectors.base import Detector, Findings, Param, Scope, Value, listed, score_table
from detectors.coaction.clearing import Cleared, factor
from detectors.identity import evidence as evidences
from detectors.identity.clearing import acquainted, explanations, official
from detectors.identity.features import FEATURES
from detectors.identity.people import UNDATED, Floats
from detectors.identity.reading import SIGNALS, Signals
from detectors.identity.rings import Found, Rules, search
from detectors.identity.sentences import summary
from detectors.identity.subject import Subject
from detectors.scoring.features import measured
from detectors.scoring.ranking import Weighted
from detectors.scoring.verdicts import taught
from graph.findings import Evidence, Finding, Layer, Member, Priority, Role, Window
from graph.store import View

UNFLAGGED = 0.1  # score up to which ties alone lift an account that no finding names
WEIGHS = 0.5  # discount from which an explanation can account for a ring
WHOLE = 0.9  # part of a ring from which an explanation accounts for it as a whole
PRIORITIES = ((0.6, Priority.HIGH), (0.4, Priority.MEDIUM), (0.2, Priority.LOW), (0.0, Priority.NOTE))


class Sybil(Detector):
    """Rings of likely common control."""

    name = "sybil"
    version = "1"
    kinds = ("sybil_ring",)
    about = "Accounts that are likely one operator's: shared identifiers, money, making and acts beyond chance."
    params = (
        Param("level", float, "1", 0.05, 0.001, 0.5, "chance of reporting any ring where signals are independent"),
        Param("draws", int, "datasets", 99, 19, 9999, "datasets dealt out by chance that a ring is compared with"),
        Param("fdr", float, "1", 0.05, 1e-9, 0.5, "chance of a member's own evidence, at most, to be more than fringe"),
        Param("min_ring", int, "accounts", 3, 2, 1000, "least number of accounts in a ring"),
        Param("signals", str, "names", ",".join(SIGNALS), None, None, "signals looked at", SIGNALS, several=True),
        Param("services", str, "names", "", None, None, "known services, by address or account, separated by commas"),
    )

    def detect(self, view: View, params: Mapping[str, Value], scope: Scope) -> Sequence[Finding]:
        """Findings, the highest score first."""
        searched = Search(view, params, scope)
        findings = [searched.finding(ring, self) for ring in searched.rings]
        found = Findings(sorted(findings, key=lambda f: (-f.score, f.id)))
        found.notes = searched.notes
        return found

    def scores(self, view: View, params: Mapping[str, Value], scope: Scope) -> pa.Table:
        """Of each account the highest of what its rings, its other ties and trust from labelled accounts say."""
        searched = Search(view, params, scope)
        people = searched.signals.people
        score, finding = searched.ties(), dict[str, str]()
        place = {name: code for code, name in enumerate(people.keys)}
        for subject in searched.subjects:
            said = searched.finding(subject, self)
            for member in said.members:
                if member.score > score[place[member.account]] or member.account not in finding:
                    score[place[member.account]] = max(member.score, score[place[member.account]])
                    finding[member.account] = said.id
        score = np.round(1 - (1 - score) * (1 - searched.distrust()), 6)
        rows = zip(people.keys, score.tolist(), strict=True)
        return score_table(view, {name: (value, finding.get(name)) for name, value in rows})


class Search:
    """One search of a view: its signals, what they tie, and the rings these make."""

    def __init__(self, view: View, params: Mapping[str, Value], scope: Scope) -> None:
        self.view, self.params = view, params
        self.signals = Signals(view, scope, listed(str(params["signals"])), listed(str(params["services"])))
        apart = [self.signals.codes(group) for group in self.signals.context.groups]
        rules = Rules(int(params["draws"]), float(params["level"]), int(params["min_ring"]), apart)
        self.found: Found = search(self.signals.layers, self.signals.lone, rules)
        self.taught = taught(view, Sybil.kinds, FEATURES)
        subjects = [Subject(ring, self.found, self.signals) for ring in self.found.rings]
        self.let_be = {
            "like people who know each other, with no trace of one hand": [s for s in subjects if acquainted(s)],
            "of official or service accounts": [s for s in subjects if official(s)],
        }
        self.subjects = [s for s in subjects if not acquainted(s) and not official(s)]

    @property
    def rings(self) -> list[Subject]:
        """Rings to report."""
        return self.subjects

    @property
    def notes(self) -> tuple[str, ...]:
        """What the run should say beside the findings."""
        said = list(self.taught.notes)
        for what, groups in self.let_be.items():
            if n := len(groups):
                said.append(f"let be: {n} group{'' if n == 1 else 's'} {what}")
        if self.found.let_be:
            shown = "; ".join(e.shown for e in self.signals.context.allow if e.kind == "group")
            said.append(f"allow-list: {shown} explained {self.found.let_be:,} pairs of accounts")
        return tuple(said)

    def ties(self) -> Floats:
        """Of each account, up to :data:`UNFLAGGED`: how close its closest tie comes to being one."""
        bound = max(self.found.bound, 1.0)
        close: Floats = UNFLAGGED * np.minimum(self.found.nearest / bound, 1.0) ** 2
        return close

    def distrust(self) -> Floats:
        """Of each account, what trust from labelled seeds over follows says; 0 where nothing is known."""
        return self.signals.distrust

    def finding(self, subject: Subject, detector: Detector) -> Finding:
        """What is said of a ring."""
        limits = list(self.signals.limits)
        pieces = evidences.pieces(subject, limits)
        rests, enough = evidences.rests_on(subject, pieces)
        if not enough:
            limits.append("it rests on more than is shown: without what is listed, it would still have been flagged")
        own = {int(c): e for c in subject.codes for e in [evidences.on_member(subject, int(c))] if e is not None}
        cleared = explanations(subject)
        judgement = self.taught.ranking.judge(measured(subject, FEATURES))
        if isinstance(self.taught.ranking, Weighted):
            judgement = replace(judgement, score=round(judgement.score * factor(cleared), 6))
        return Finding(
            kind=detector.kinds[0],
            detector=detector.name,
            version=detector.version,
            params=dict(self.params),
            data_cut=self.view.seq,
            members=self._members(subject, own, judgement.score),
            window=self._window(subject),
            score=judgement.score,
            priority=_priority(judgement.score, cleared),
            summary=summary(subject),
            evidence=(*(p.evidence for p in pieces), *(own[c] for c in sorted(own))),
            rests_on=tuple(p.evidence.ref for p in rests),
            would_clear=tuple(c.explanation for c in cleared),
            layers=_layers(pieces),
            limits=tuple(limits),
            score_means=judgement.means,
            reasons=judgement.reasons,
        )

    def _members(self, subject: Subject, own: Mapping[int, Evidence], score: float) -> tuple[Member, ...]:
        """Members by score: how much of the ring each is tied to, against evidence of its own."""
        most = max(int(subject.tied.max()), 1)
        found = []
        for code, tied in zip(subject.codes.tolist(), subject.tied.tolist(), strict=True):
            name = self.signals.people.keys[code]
            role = self._role(subject, code, own.get(code), tied / most)
            weight = round(score * (0.5 + 0.5 * tied / most), 6)
            found.append(Member(name, weight, role, (own[code].ref,) if code in own else ()))
        return tuple(sorted(found, key=lambda m: (-m.score, m.account)))

    def _role(self, subject: Subject, code: int, evidence: Evidence | None, part: float) -> Role:
        context, name = self.signals.context, self.signals.people.keys[code]
        if name in context.hijacked:
            return Role.COMPROMISED
        if evidence is None or name in context.not_members or (evidence.p_value or 0.0) > float(self.params["fdr"]):
            return Role.FRINGE
        if code not in subject.ring.core:
            hand = any(code in t.codes and t.layer.groups[t.group].hand for t in subject.telling)
            return Role.AMPLIFIER if hand else Role.FRINGE
        return Role.CORE if part >= 0.5 else Role.AMPLIFIER

    def _window(self, subject: Subject) -> Window:
        """From the first to the last moment of what ties them."""
        times = [t for t in subject.times if t != UNDATED]
        if not times:
            at = self.view.recorded_at(max(self.view.seq, 1))
            return Window(at, at)
        first, last = (datetime.fromtimestamp(t / 1e6, UTC) for t in (min(times), max(times)))
        return Window(first, last)


def _layers(pieces: Sequence[evidences.Piece]) -> tuple[Layer, ...]:
    """Each layer with its strongest measurement."""
    found: dict[str, Layer] = {}
    for piece in pieces:
        if piece.layer not in found:
            found[piece.layer] = Layer(piece.layer, piece.evidence.value, piece.evidence.p_value)
    return tuple(found.values())


def _priority(score: float, cleared: Sequence[Cleared]) -> Priority:
    """By score; a ring that one innocent explanation that weighs accounts for as a whole is a note."""
    if any(c.part >= WHOLE and c.discount >= WEIGHS for c in cleared):
        return Priority.NOTE
    return next(p for floor, p in PRIORITIES if score >= floor)
