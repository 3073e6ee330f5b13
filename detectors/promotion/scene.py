"""What a ring's promotion is held against: what other posts say, who reacts to posts, when accounts are made.

Read once a search. Expected values are those of other people's posts in the same time, not of a norm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from detectors.coaction.ring import POSTS_READ
from detectors.coaction.sweep import Longs
from detectors.promotion import language, newness, referrals, templates
from detectors.promotion.blocks import Blocks
from detectors.promotion.engagement import Counts, Reactions
from detectors.promotion.searching import Search
from graph.model import Post

SAMPLE = 1_500  # posts whose texts say what is usual
FEW = 50  # texts of them from which something is


@dataclass(frozen=True)
class Scene:
    """The background of one search."""

    search: Search

    @cached_property
    def sample(self) -> list[Post]:
        """Posts with texts of their own, evenly by key: the same whatever accounts are called and when it is."""
        if not self.search.posts.num_rows:
            return []
        keys = self.search.posts["message"].combine_chunks().dictionary
        chosen = np.unique(np.linspace(0, len(keys) - 1, min(SAMPLE, len(keys))).astype(int))
        found = self.search.view.posts(keys.take(pa.array(chosen)).to_pylist())
        return [p for p in found if p.text and p.kind != "repost"]

    @cached_property
    def words(self) -> language.Words:
        """What the sample says."""
        return language.words(self.sample)

    def usual(self, what: str) -> float | None:
        """Share of the sampled posts that say something (a field of :class:`detectors.promotion.language.Words`)."""
        return self.words.share(what) if len(self.sample) >= FEW else None

    @cached_property
    def referring(self) -> float:
        """Share of the sampled posts that carry a referral code."""
        posts = set().union(*referrals.codes(self.sample).values())
        return len(posts) / max(len(self.sample), 1)

    def from_templates(self, count: int) -> float | None:
        """Share of so many other posts that are from one template; None where there are too few."""
        if len(self.sample) < FEW:
            return None
        step = np.linspace(0, len(self.sample) - 1, min(max(count, FEW), len(self.sample))).astype(int)
        common, of = templates.shared([self.sample[i] for i in np.unique(step)])
        return len(common) / of if of else None

    @cached_property
    def blocks(self) -> Blocks:
        """Dense blocks."""
        return Blocks(self.search.searches[0].found.surprisal)

    @cached_property
    def reactions(self) -> Reactions:
        """Who reacts to what."""
        return Reactions(self.search.view, self.search.posts, self.search.scope)

    @cached_property
    def counts(self) -> Counts:
        """What posts are said to have been given."""
        return Counts(self.search.view)

    @cached_property
    def made(self) -> Longs:
        """When accounts were made."""
        return newness.made(self.search.view, self.search.scope.end)

    @cached_property
    def codes(self) -> dict[str, set[str]]:
        """Referral codes that accounts are said to use, and the accounts."""
        found: dict[str, set[str]] = {}
        for batch in self.search.view.scan("identifiers", columns=["account", "kind", "value"]):
            rows = batch.filter(np.array([k == "referral" for k in batch.column(1).to_pylist()], bool))
            for account, value in zip(rows.column(0).to_pylist(), rows.column(2).to_pylist(), strict=True):
                found.setdefault(value, set()).add(account)
        return found

    def parents(self, posts: list[Post]) -> list[Post]:
        """What some reposts pass on, as far as it is known."""
        keys = sorted({p.parent for p in posts if p.kind == "repost" and p.parent})
        return [p for p in self.search.view.posts(keys[:POSTS_READ]) if p.account or p.text]
