"""Shilling clusters: accounts that push the same tickers, links, texts or posts together, more than chance allows.

Rings are found by :mod:`detectors.coaction.engine` over all layers: what chance makes in few datasets of a hundred.
Pairs whose meetings their shared interests account for (:mod:`detectors.coaction.null`) are no edges of it.

The score is :mod:`detectors.scoring.ranking`'s: a stated weighing of the ring's features, lowered by each innocent
explanation that is present, by its part; or what verdicts on earlier rings have taught, where there are enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.base import Detector, Findings, Param, Scope, Value, listed
from detectors.coaction import engine
from detectors.coaction.actions import ACTIONS, events_of
from detectors.coaction.clearing import Cleared, explanations, factor
from detectors.coaction.context import Context, named
from detectors.coaction.engine import FoundRing
from detectors.coaction.evidence import Piece, Together, on_member, on_things, rests_on
from detectors.coaction.features import FEATURES, features
from detectors.coaction.ring import POSTS_READ, Ring
from detectors.coaction.streams import Interests, Stream, names_of
from detectors.coaction.subject import Acts, Subject
from detectors.coaction.surprisal import Layer as Pushed
from detectors.coaction.sweep import Ints
from detectors.scoring.ranking import Judgement, Weighted
from detectors.scoring.verdicts import taught
from graph.findings import Evidence, Finding, Layer, Member, Priority, Role, Window
from graph.model import NodeType
from graph.projection import events, restrict
from graph.store import View

LAYERS = ("co_ticker", "co_link", "co_text", "co_repost")
COPIES = ("co_text", "co_similar")  # what remains of a campaign's posts: texts that are copies of one another
WEIGHS = 0.5  # discount from which an explanation can account for a pattern
WHOLE = 0.9  # part of a pattern from which an explanation accounts for it as a whole
PRIORITIES = ((0.6, Priority.HIGH), (0.4, Priority.MEDIUM), (0.2, Priority.LOW), (0.0, Priority.NOTE))


class Shilling(Detector):
    """Rings that push something together."""

    name = "shilling"
    version = "2"
    kinds = ("shilling_cluster",)
    about = (
        "Accounts that post the same ticker, link or text, or repost the same post, together more than chance allows."
    )
    params = (
        Param("window", float, "s", 60.0, 0.0, 86_400.0, "acts this close together count as one occasion"),
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
        search = Search(view, params, scope)
        findings = [search.finding(ring, self) for ring in search.rings]
        found = Findings(sorted(findings, key=lambda f: (-f.score, f.id)))
        found.notes = search.notes
        return found


class Search:
    """One search of a view: the streams, their significant pairs, and the rings these make."""

    def __init__(self, view: View, params: Mapping[str, Value], scope: Scope) -> None:
        self.view, self.params, self.scope = view, params, scope
        self.window = float(params["window"])
        self.limits: list[str] = []
        self.context = Context(view, scope.start, scope.end, scope.allow)
        self.posts = events(view, "post", start=scope.start, end=scope.end)
        tables = {action: self._events(action) for action in listed(str(params["layers"]))}
        tables = {action: table for action, table in tables.items() if table.num_rows}
        self.keys = names_of(list(tables.values()))
        self.names: list[str] = self.keys.to_pylist()
        self.streams = [
            Stream(action, table, self.window, self.keys, prompt=ACTIONS[action].prompt)
            for action, table in tables.items()
        ]
        apart = [self._codes(group) for group in self.context.groups]
        self.interests = Interests(self.streams, len(self.names), float(params["interests"]), apart)
        layers = [Pushed(action, table, self.window) for action, table in tables.items()]
        self.found = engine.search(layers, self.keys, self._options(), holds=self.interests)
        self.rings = self.found.rings
        self.let_be = self.interests.let_be
        self.acts = Acts(self.streams)
        self.taught = taught(view, Shilling.kinds, FEATURES)
        self.ranking = self.taught.ranking

    def _options(self) -> engine.Options:
        return engine.Options(
            level=float(self.params["level"]), draws=int(self.params["draws"]), least=int(self.params["min_ring"])
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What the run should say: how much allow-list entries explained, and what ranked the rings."""
        covered = Counter(self.context.allowed.values())
        said = [f"allow-list: {entry} explained {n:,} posts" for entry, n in sorted(covered.items())]
        if self.context.groups:
            groups = "; ".join(e.shown for e in self.context.allow if e.kind == "group")
            said.append(f"allow-list: {groups} explained {self.let_be:,} pairs of accounts")
        return (*said, *self.taught.notes)

    def _codes(self, accounts: Sequence[str]) -> Ints:
        found = pc.index_in(pa.array(accounts, pa.string()), self.keys)
        return np.sort(found.drop_null().to_numpy()).astype(np.int32)

    def _events(self, action: str) -> pa.Table:
        """A layer's events without hubs and without what a campaign or an allow-list entry explains."""
        table, left_out = events_of(self.view, action, self.window, start=self.scope.start, end=self.scope.end)
        self.limits += [f"{action}: {what}" for what in left_out]
        drop = named(table, "actor", self.context.free)
        if action not in COPIES:
            known = [*self.context.explained, *self.context.allowed]
            drop = pc.or_(drop, named(table, "message", known))
            for node, keys in {NodeType.POST: known, **self.context.free_objects}.items():
                drop = pc.or_(drop, named(table, "object", ACTIONS[action].named(node, keys)))
        if pc.any(drop).as_py():
            table = restrict(table, pc.invert(drop))
        return self._without_hubs(action, table)

    def _without_hubs(self, action: str, table: pa.Table) -> pa.Table:
        if not table.num_rows:
            return table
        things = table["object"].combine_chunks()
        counts = np.bincount(things.indices.to_numpy())
        total = max(self.posts.num_rows, len(table["message"].combine_chunks().dictionary))
        hubs = (counts > float(self.params["hub_share"]) * total) & (counts >= int(self.params["hub_posts"]))
        for code in np.flatnonzero(hubs):
            shown = ACTIONS[action].shown(things.dictionary[int(code)].as_py())
            self.limits.append(f"{action}: {shown} skipped: {counts[code] / total:.1%} of all posts")
        return restrict(table, ~hubs[things.indices.to_numpy()]) if hubs.any() else table

    def ring(self, codes: Ints) -> Ring:
        """A ring's bursts and posts."""
        togethers = tuple(t for s in self.streams for t in [Together(s, codes)] if t.count)
        keys = sorted({key for t in togethers for key in t.keys})
        posts = {p.post: p for p in self.view.posts(keys[:POSTS_READ])}
        members = [self.names[c] for c in codes]
        own = self.posts.filter(named(self.posts, "actor", members))["actor"].combine_chunks().value_counts()
        place = dict(zip(members, codes.tolist(), strict=True))
        activity = {place[x["values"]]: x["counts"] for x in own.to_pylist()}
        return Ring(codes, self.names, togethers, posts, activity)

    def judged(self, subject: Subject, cleared: Sequence[Cleared]) -> Judgement:
        """The ring's score and why. Innocent explanations lower a score; one that is learnt has them as a feature."""
        judgement = self.ranking.judge(features(subject))
        if isinstance(self.ranking, Weighted):
            judgement = replace(judgement, score=round(judgement.score * factor(cleared), 6))
        return judgement

    def finding(self, found: FoundRing, detector: Detector) -> Finding:
        """What is said of a ring."""
        codes = found.codes
        ring = self.ring(codes)
        limits = list(self.limits)
        read = {k for t in ring.togethers for k in t.keys}
        known = {p.post for p in self.view.posts(sorted(read))} if len(read) > POSTS_READ else set(ring.posts)
        if len(read) > POSTS_READ:
            limits.append(f"texts of {POSTS_READ} of {len(read)} posts were read")
        pieces = [p for t in ring.togethers for p in on_things(t, self.names, known, limits)]
        rests, enough = rests_on(pieces, self.found, self.interests, codes)
        if not enough:
            limits.append(
                "it rests on more than is shown: without the measurements listed, it would still have been flagged"
            )
        own = {
            int(c): e for c in codes for e in [on_member(ring.togethers, int(c), self.names, known)] if e is not None
        }
        subject = Subject(ring, self.acts, self.context)
        cleared = explanations(subject)
        judgement = self.judged(subject, cleared)
        score = judgement.score
        times = np.concatenate([t.times for t in ring.togethers])
        return Finding(
            kind=detector.kinds[0],
            detector=detector.name,
            version=detector.version,
            params=dict(self.params),
            data_cut=self.view.seq,
            members=self._members(ring, own, score, found),
            window=Window(_moment(times.min()), _moment(times.max())),
            score=score,
            priority=_priority(score, cleared),
            summary=self._summary(ring, found),
            evidence=(*(p.evidence for p in pieces), *(own[c] for c in sorted(own))),
            rests_on=tuple(p.evidence.ref for p in rests),
            would_clear=tuple(c.explanation for c in cleared),
            tickers=_targets(ring, pieces, NodeType.TICKER),
            links=_targets(ring, pieces, NodeType.LINK),
            layers=tuple(Layer(t.stream.action, t.count) for t in ring.togethers),
            limits=tuple(limits),
            score_means=judgement.means,
            reasons=judgement.reasons,
        )

    def _members(self, ring: Ring, own: Mapping[int, Evidence], score: float, found: FoundRing) -> tuple[Member, ...]:
        """Members by score; roles follow from how much each took part, against evidence of its own."""
        most = max(float(ring.participation[c]) for c in ring.codes)
        members = []
        for code in map(int, ring.codes):
            name = self.names[code]
            part = float(ring.participation[code]) / most
            role = self._role(name, part, own.get(code), ring)
            if role is Role.CORE and code not in found.core:
                role = Role.AMPLIFIER
            weight = round(score * (0.5 * part + 0.5 * ring.focus[code]), 6)
            members.append(Member(name, weight, role, (own[code].ref,) if code in own else ()))
        return tuple(sorted(members, key=lambda m: (-m.score, m.account)))

    def _role(self, name: str, part: float, evidence: Evidence | None, ring: Ring) -> Role:
        if name in self.context.hijacked:
            return Role.COMPROMISED
        if (
            evidence is None
            or name in self.context.not_members
            or (evidence.p_value or 0.0) > float(self.params["fdr"])
        ):
            return Role.FRINGE
        if "co_repost" in evidence.measure and ring.lead.stream.action != "co_repost":
            return Role.AMPLIFIER
        return Role.CORE if part >= 0.5 else Role.AMPLIFIER if part >= 0.2 else Role.FRINGE

    def _summary(self, ring: Ring, found_ring: FoundRing) -> str:
        """One sentence with numbers that a person can check."""
        lead = ring.lead
        code, bursts = lead.by_thing[0]
        whole = 2 * bursts < lead.count  # no one object stands for the ring
        count = len(np.unique(lead.occasions)) if whole else bursts
        action = ACTIONS[lead.stream.action]
        doing = action.doing_same if whole else action.shown(lead.thing(code))
        expected = float(lead.expected.sum() if whole else lead.expected[code])
        days = (lead.times.max() - lead.times.min()) / 86_400e6
        met = lead.meetings(None if whole else code)
        text = (
            f"{len(ring.codes)} accounts were {doing} within {self.window:g} s of each other {count} times in "
            f"{_span(days)}: pairs of them met {met:,} times "
            f"(expected {_expected(expected)}; chance of any such ring at most {found_ring.p_value:.2g})"
        )
        found, compared = ring.alike
        if compared:
            text += f"; on {found} of {compared} occasions texts were at least 0.9 alike"
        said, of = ring.disclosed
        if of:
            text += (
                f"; {said or 'none'} of their {of} posts there carr{'y' if said > 1 else 'ies'} a recognised disclosure"
            )
        return text + "."


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


def _moment(us: float) -> datetime:
    return datetime.fromtimestamp(int(us) / 1e6, UTC)


def _expected(value: float) -> str:
    """Two significant digits, and whole numbers in full."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _span(days: float) -> str:
    """A length of time as people say it."""
    for size, unit in ((1.0, "day"), (1 / 24, "hour")):
        if days >= size:
            said = f"{days / size:.1f}"
            return f"1 {unit}" if said == "1.0" else f"{said} {unit}s"
    minutes = max(round(days * 1440), 1)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
