"""What is judged: findings and scores beside labels, laid out once for every metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from detectors.evaluating.labels import Labels
from detectors.evaluating.matching import ACCUSED, Match, match, named
from detectors.evaluating.people import People
from detectors.evaluating.resampling import DRAWS, Floats, Interval, Ints, codes, intervals
from graph.findings import Finding, Run, Status

Bools = npt.NDArray[np.bool_]
NEAR = timedelta(hours=24)  # a finding is about a pump at most so far from its window


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes
    ----------
    name : str
        What it is.
    value : float or None
        None: it cannot be told from these data.
    low, high : float, optional
        Bootstrap interval (95 %).
    of : int
        How many things it is about.
    unit : str
        ``1`` for shares and the like.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    of: int = 0
    unit: str = "1"


@dataclass(frozen=True)
class Case:
    """What is judged.

    Parameters
    ----------
    labels : Labels
        What is known.
    people : People
        The accounts there are.
    every : sequence of Finding
        Findings of the detectors asked about, superseded ones among them.
    scores : mapping, optional
        Account → score in [0, 1]; by default the highest score as a member of a finding.
    apart : frozenset of str
        Accounts that count neither way.
    runs : mapping
        Run's id → run.
    cuts : mapping
        Data cut (seq) → time of the newest post then known.
    span : pair of datetime, optional
        Times of the first and last post.
    draws, seed : int
        Of the bootstrap.
    """

    labels: Labels
    people: People
    every: Sequence[Finding]
    scores: Mapping[str, float] | None = None
    apart: frozenset[str] = frozenset()
    runs: Mapping[str, Run] = field(default_factory=dict)
    cuts: Mapping[int, datetime] = field(default_factory=dict)
    span: tuple[datetime, datetime] | None = None
    draws: int = DRAWS
    seed: int = 0

    @cached_property
    def findings(self) -> list[Finding]:
        """Live ones that no other supersedes, in the order of their ids."""
        gone = {f.supersedes for f in self.every}
        return sorted((f for f in self.every if f.status is Status.LIVE and f.id not in gone), key=lambda f: f.id)

    @cached_property
    def names(self) -> list[str]:
        """Accounts judged, sorted: those there are, those labelled and those flagged."""
        flagged = {a for f in self.findings for a in f.accounts}
        return sorted({*self.people.names, *self.labels.accounts, *flagged} - self.apart)

    @cached_property
    def label(self) -> npt.NDArray[np.int8]:
        """By account: 1 ought to be flagged, 0 ought not, −1 unlabelled."""
        known = self.labels.accounts
        return np.array([known.get(n, -1) for n in self.names], np.int8)

    @cached_property
    def score(self) -> Floats:
        """By account; 0 where nothing is said."""
        if self.scores is not None:
            return np.array([self.scores.get(n, 0.0) for n in self.names])
        best: dict[str, float] = {}
        for f in self.findings:
            for m in f.members:
                best[m.account] = max(best.get(m.account, 0.0), m.score)
        return np.array([best.get(n, 0.0) for n in self.names])

    @cached_property
    def flagged(self) -> Bools:
        """By account: whether a finding accuses it, as core or amplifier (or has no such member)."""
        said = {a for f in self.findings for a in named(f, ACCUSED)}
        return np.array([n in said for n in self.names], bool)

    @cached_property
    def group(self) -> Ints:
        """By account: what it is drawn with: the smallest labelled ring it is in, else the finding that names it."""
        of: dict[str, str] = {}
        for f in sorted(self.findings, key=lambda f: (f.score, f.id)):
            of |= dict.fromkeys(f.accounts, f"finding {f.id}")
        for g in sorted(self.labels.groups, key=lambda g: (-len(g.members), g.id)):
            of |= dict.fromkeys(g.members, f"ring {g.id}")
        return codes([of.get(n, f"account {n}") for n in self.names])

    @cached_property
    def truth(self) -> list[int]:
        """By finding: 1 true, 0 false, −1 not known.

        People's verdict on its ring decides; else a known pump of one of its tickers within a day of its window; else
        whether at least half of those it accuses that are labelled ought to be flagged.
        """
        return [self._true(f) for f in self.findings]

    @cached_property
    def clusters(self) -> Ints:
        """By finding: what it is drawn with: findings of one labelled ring are no independent witnesses."""
        ring = {a: g.id for g in self.labels.groups for a in g.members}
        of = [Counter(ring[a] for a in sorted(named(f)) if a in ring) for f in self.findings]
        return codes([max(c, key=c.__getitem__) if c else f.id for c, f in zip(of, self.findings, strict=True)])

    @cached_property
    def matches(self) -> list[Match]:
        """Each known group beside the findings, superseded ones left out."""
        return match(self.labels.groups, self.findings)

    def interval(self, figures: Callable[[Floats], Mapping[str, float | None]], group: Ints) -> dict[str, Interval]:
        """Bootstrap intervals, groups drawn anew."""
        return intervals(figures, group, self.draws, self.seed)

    def said(
        self, figures: Callable[[Floats], Mapping[str, float | None]], group: Ints, of: int, prefix: str = ""
    ) -> list[Figure]:
        """Figures with their intervals, as they stand."""
        values = figures(np.ones(len(group)))
        spread = self.interval(figures, group)
        found = []
        for name, value in values.items():
            i = spread.get(name)
            found.append(Figure(prefix + name, value, i.low if i else None, i.high if i else None, of))
        return found

    def _true(self, finding: Finding) -> int:
        verdict = self.labels.verdicts.get(finding.lineage_id)
        if verdict is not None:
            return int(verdict)
        w = finding.window
        tickers = set(finding.tickers)
        if any(t in tickers and w.start - NEAR <= at <= w.end + NEAR for t, at in self.labels.pumps):
            return 1
        known = [self.labels.accounts[a] for a in named(finding, ACCUSED) if a in self.labels.accounts]
        return int(2 * sum(known) >= len(known)) if known else -1
