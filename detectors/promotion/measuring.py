"""What is measured of a ring's promotion: a number, or None where nothing can be said; and the list of its features."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from detectors.coaction.features import FEATURES as OF_RINGS
from detectors.coaction.subject import Subject
from detectors.promotion import language, newness, referrals, templates
from detectors.promotion.blocks import Judged
from detectors.promotion.concentration import Concentration, concentration
from detectors.promotion.engagement import Engagement
from detectors.promotion.scene import Scene
from detectors.scoring.features import Feature
from graph.model import Post

PUSHING = 0.5  # share of what members share from which one account's posts are what they push


@dataclass(frozen=True)
class Promotion(Subject):
    """A ring with what it is held against.

    Parameters
    ----------
    scene : Scene
        The background of the search.
    """

    scene: Scene | None = None

    @property
    def around(self) -> Scene:
        """The background; it is given wherever a ring is measured."""
        if self.scene is None:
            raise ValueError("a ring's promotion is measured against a background")
        return self.scene

    @cached_property
    def posts(self) -> list[Post]:
        """Members' own posts in bursts that have a text."""
        return [p for p in self.ring.posts.values() if p.text and p.kind != "repost"]

    @cached_property
    def passed_on(self) -> list[Post]:
        """What members reposted in bursts."""
        return self.around.parents(list(self.ring.posts.values()))

    @cached_property
    def pushed(self) -> list[Post]:
        """What members put before people: their own posts and those they repost, each once."""
        return list({p.post: p for p in [*self.posts, *self.passed_on]}.values())

    @cached_property
    def words(self) -> language.Words:
        """What it says."""
        return language.words(self.pushed)

    @cached_property
    def templates(self) -> tuple[frozenset[str], int]:
        """Own posts from templates that other members use, and how many were compared."""
        return templates.shared(self.posts)

    @cached_property
    def referring(self) -> dict[str, set[str]]:
        """Referral codes and the posts that carry them."""
        return referrals.codes(self.pushed)

    @cached_property
    def one_code(self) -> tuple[str, set[str]] | None:
        """The referral code that most members are said to use, and these; None where no two share one."""
        members = set(self.members)
        found = [(code, users & members) for code, users in self.around.codes.items() if len(users & members) > 1]
        return max(found, key=lambda x: (len(x[1]), x[0]), default=None)

    @cached_property
    def engagement(self) -> Engagement | None:
        """Who reacts to members' posts."""
        return self.around.reactions.to(self.members)

    @cached_property
    def ratio(self) -> tuple[float, int, float] | None:
        """Likes and reposts a view of members' posts, of how many posts, and what is usual; None where not loaded."""
        mine, every = self.around.counts.of(list(self.ring.messages)), self.around.counts.of()
        return (*mine, every[0]) if mine and every and every[0] > 0 else None

    @cached_property
    def focus(self) -> Concentration | None:
        """What members' posts concentrate on."""
        return concentration(self)

    @cached_property
    def block(self) -> Judged | None:
        """The ring's dense block."""
        return self.around.blocks.of(self.ring.codes)

    @cached_property
    def source(self) -> tuple[str, int, int] | None:
        """The account whose posts members repost most, how many of them, of how many; None where none has half."""
        authors = Counter(p.account for p in self.passed_on if p.account)
        of = sum(authors.values())
        top = max(authors.items(), key=lambda x: (x[1], x[0]), default=None)
        return (top[0], top[1], of) if top and top[1] >= PUSHING * of and top[1] > 1 else None

    @cached_property
    def carrying(self) -> tuple[int, int]:
        """Of what is pushed, posts with a ticker, link, call, promise or common template; and those known."""
        common = self.templates[0]
        carry = known = 0
        for post in self.pushed:
            said = language.said(post)
            urges = said is not None and (said.calls or said.promises)
            carries = bool(post.tickers or post.links) or post.post in common or urges
            carry += carries
            known += carries or said is not None
        return carry, known


def _share(what: str) -> Any:
    """A measure: the share of what is pushed that says something."""
    return lambda p: p.words.share(what)


def _pushes(promotion: Promotion) -> float | None:
    carry, known = promotion.carrying
    return carry / known if known and 2 * known >= len(promotion.pushed) else None


def _focus(promotion: Promotion) -> float | None:
    return None if promotion.focus is None else promotion.focus.excess


def _templates(promotion: Promotion) -> float | None:
    common, of = promotion.templates
    return len(common) / of if of > 1 else None


def _inner(promotion: Promotion) -> float | None:
    found = promotion.engagement
    return None if found is None else max(found.inner - found.expected, 0.0) / found.acts


def _narrow(promotion: Promotion) -> float | None:
    return None if promotion.engagement is None else promotion.engagement.narrow


def _soon(promotion: Promotion) -> float | None:
    return None if promotion.engagement is None else promotion.engagement.soon / promotion.engagement.acts


def _ratio(promotion: Promotion) -> float | None:
    """As a power of ten of what is usual."""
    found = promotion.ratio
    return None if found is None else math.log10(max(found[0] / found[2], 1e-3))


def _referrals(promotion: Promotion) -> float | None:
    carrying = set().union(*promotion.referring.values())
    links = sum(bool(p.links) for p in promotion.pushed)
    shared = len(promotion.one_code[1]) / len(promotion.members) if promotion.one_code else 0.0
    return max(len(carrying) / links if links else 0.0, shared) if links or promotion.around.codes else None


def _dense(promotion: Promotion) -> float | None:
    found = promotion.block
    return None if found is None or not found.expected else found.block.density / found.expected


def _new(promotion: Promotion) -> float | None:
    """How far the share of new members lies above the usual one."""
    created = [round(p.created_at.timestamp() * 1e6) for p in promotion.profiles if p.created_at is not None]
    usual = newness.usual(promotion.around.made, promotion.begins, promotion.ends)
    if usual is None or len(created) < 2 or 2 * len(created) < len(promotion.members):
        return None
    share = newness.count(created, promotion.begins) / len(created)
    return max(share - usual, 0.0) / max(1 - usual, 1e-9)


TEXTS = "posts in a language that has a lexicon"
PROMOTION: tuple[Feature[Promotion], ...] = (
    Feature("pushes", _pushes, "posts that carry something to push", 0.0, 1.0, 1, 0.1, needs=TEXTS),
    Feature("calls to act", _share("calls"), "posts that call to buy, claim or join", 0.0, 1.0, 1, 0.06, needs=TEXTS),
    Feature("price promises", _share("promises"), "posts that promise a price", 0.0, 1.0, 1, 0.06, needs=TEXTS),
    Feature("focus", _focus, "members' posts on one ticker or link, beyond others'", 0.0, 1.0, 1, 0.06),
    Feature(
        "template texts",
        _templates,
        "posts from templates that members share",
        0.0,
        1.0,
        1,
        0.06,
        needs="texts of posts",
    ),
    Feature(
        "inner engagement", _inner, "reactions by members", 0.0, 1.0, 1, 0.06, needs="10 reactions to members' posts"
    ),
    Feature("referral codes", _referrals, "links or members with a referral code", 0.0, 1.0, 1, 0.04, needs="links"),
    Feature("dense block", _dense, "density beside chance's densest", 0.0, 2.0, 1, 0.04),
    Feature(
        "newer than others", _new, "new members, beyond others'", 0.0, 1.0, 1, needs="dates at which accounts were made"
    ),
    Feature(
        "narrow engagement",
        _narrow,
        "reactions by the keenest tenth",
        0.0,
        1.0,
        0,
        needs="10 reactions to members' posts",
    ),
    Feature(
        "prompt engagement", _soon, "reactions within five minutes", 0.0, 1.0, 0, needs="10 reactions to members' posts"
    ),
    Feature(
        "engagement ratio",
        _ratio,
        "likes and reposts a view beside others', in powers of ten",
        -1.0,
        1.0,
        0,
        needs="counts",
    ),
    Feature("owned up", _share("holds"), "posts that say the author holds it", 0.0, 1.0, -1, needs=TEXTS),
)
"""Features of promotion, beside those of every ring."""

FEATURES: tuple[Feature[Any], ...] = (*OF_RINGS, *PROMOTION)
"""What the shilling detector declares."""
