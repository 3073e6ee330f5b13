"""One ring with all that is said of it: its bursts, its posts, and how much of its members' activity they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from detectors.coaction.context import alike, discloses
from detectors.coaction.evidence import Together
from detectors.coaction.null import Floats
from detectors.coaction.sweep import Ints
from graph.model import Post

ALIKE = 0.9  # Jaccard similarity of words from which two texts count as alike
POSTS_READ = 5000  # posts of a ring whose texts are read
COMPARED = 12  # posts of one burst whose texts are compared


@dataclass(frozen=True)
class Ring:
    """A ring.

    Parameters
    ----------
    codes : ndarray of int32, shape (n_members,)
        Account codes, sorted.
    names : sequence of str
        Keys of all accounts, by code.
    togethers : tuple of Together
        Its bursts, by stream; only streams in which it has any.
    posts : mapping
        Those of its messages that are posts, by key.
    activity : mapping
        Number of messages of each member, in bursts or not.
    """

    codes: Ints
    names: Sequence[str]
    togethers: tuple[Together, ...]
    posts: Mapping[str, Post]
    activity: Mapping[int, int]

    @cached_property
    def lead(self) -> Together:
        """The stream that a sentence speaks of: the first one with at least half as many bursts as the fullest."""
        most = max(t.count for t in self.togethers)
        return next(t for t in self.togethers if 2 * t.count >= most)

    @cached_property
    def participation(self) -> Floats:
        """By account code, the largest share of one stream's bursts that it took part in."""
        shares: Floats = np.max([t.share(len(self.names)) for t in self.togethers], axis=0)
        return shares

    @cached_property
    def messages(self) -> frozenset[str]:
        """Keys of all messages in bursts."""
        return frozenset(key for t in self.togethers for key in t.keys)

    @cached_property
    def focus(self) -> dict[int, float]:
        """By account code, the share of its messages that are in bursts."""
        own: dict[int, set[str]] = {int(c): set() for c in self.codes}
        for t in self.togethers:
            for actor, key in zip(t.actors.tolist(), t.keys, strict=True):
                own[actor].add(key)
        return {c: len(keys) / max(len(keys), self.activity.get(c, 0), 1) for c, keys in own.items()}

    @cached_property
    def burst_size(self) -> float:
        """Mean share of the ring that takes part in a burst, over all streams."""
        sizes = [np.unique(np.stack([t.bursts, t.actors.astype(np.int64)]), axis=1).shape[1] for t in self.togethers]
        return float(sum(sizes) / sum(t.count for t in self.togethers) / len(self.codes))

    @cached_property
    def alike(self) -> tuple[int, int]:
        """Of the lead stream's occasions, those in which two members' texts were alike, and those with two texts."""
        found = compared = 0
        by_burst: dict[int, dict[str, Post]] = {}
        for burst, key in zip(self.lead.occasions.tolist(), self.lead.keys, strict=True):
            if key in self.posts and self.posts[key].text:
                by_burst.setdefault(burst, {})[key] = self.posts[key]
        for posts in by_burst.values():
            some = [posts[key] for key in sorted(posts)[:COMPARED]]
            pairs = [(a, b) for a, b in combinations(some, 2) if a.account != b.account]
            compared += bool(pairs)
            found += any(alike(a, b) >= ALIKE for a, b in pairs)
        return found, compared

    @cached_property
    def disclosed(self) -> tuple[int, int]:
        """Of the posts in bursts that carry a text of their own, those that disclose that they are paid for."""
        texts = [p.text for p in self.posts.values() if p.text and p.kind != "repost"]
        return sum(discloses(t) for t in texts), len(texts)
