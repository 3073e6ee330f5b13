"""Features of a ring: what may tell abuse from a fan club, a newsroom or one owner's honest accounts.

Each is declared once, in :data:`FEATURES`. A feature that needs data which is not loaded is *unknown* (None), never 0:
what is not known speaks neither for nor against anybody.
"""

from __future__ import annotations

from collections.abc import Mapping

from detectors.coaction import clearing, measures, profiles
from detectors.coaction.subject import Subject
from detectors.scoring.features import Feature, measured

FEATURES: tuple[Feature[Subject], ...] = (
    Feature("burst size", measures.burst_size, "share of the ring in a burst", 0.0, 1.0, 1, 0.26),
    Feature("templates", profiles.templates, "occasions with texts alike", 0.0, 1.0, 1, 0.24, needs="texts of posts"),
    Feature(
        "new accounts",
        profiles.new_accounts,
        "members made within 30 days before the first burst",
        0.0,
        1.0,
        1,
        0.12,
        needs="dates at which accounts were made",
    ),
    Feature("surprise", measures.surprise, "meetings against chance, in powers of ten", 0.0, 3.0, 1, 0.1),
    Feature(
        "benefit",
        profiles.benefit,
        "members who held what they promoted and passed it on",
        0.0,
        1.0,
        1,
        0.1,
        needs="transfers of the promoted assets",
    ),
    Feature(
        "same week",
        profiles.same_week,
        "members made within one week",
        0.0,
        1.0,
        1,
        0.06,
        needs="dates at which accounts were made",
    ),
    Feature("lingering", measures.lingering, "acts on the ring's objects apart from its bursts", 0.0, 1.0, -1, 0.06),
    Feature(
        "interests",
        measures.interests,
        "overlap of members' other interests",
        0.0,
        1.0,
        -1,
        0.06,
        needs="5 other messages of 2 members",
    ),
    Feature("crowd", measures.crowd, "others' share of the objects within the hour", 0.0, 1.0, -1, 0.06),
    Feature("verified", profiles.verified, "members with verification", 0.0, 1.0, -1, 0.02, needs="profiles"),
    Feature("followers", profiles.followers, "followers, in powers of ten", 0.0, 6.0, -1, 0.02, needs="profiles"),
    Feature("followers mix", profiles.followers_mix, "spread of followers", 0.0, 2.0, -1, needs="profiles"),
    # throw-away accounts do nothing else, nor do a newsroom's feeds; a fan has a life beside, so has good camouflage
    Feature("activity outside", measures.activity_outside, "messages that have nothing to do with it", 0.0, 1.0, 0),
    # these two lower the stated score as explanations, and would count twice
    Feature("explained", clearing.explained, "innocent explanations are present", 0.0, 1.0, -1, needs="a store"),
    Feature("disclosed", profiles.disclosed, "posts that say they are paid for", 0.0, 1.0, -1, needs="texts of posts"),
    Feature("concentration", measures.concentration, "bursts that are on the same object", 0.0, 1.0, 0),
    Feature("attention elsewhere", measures.attention_elsewhere, "others' share of the objects", 0.0, 1.0, -1),
    Feature("rhythm", measures.rhythm, "members' days alike", -1.0, 1.0, 0, needs="5 other messages of 2 members"),
    Feature("regularity", measures.regularity, "even gaps between bursts", 0.0, 1.0, 0, needs="4 bursts"),
    Feature("full minutes", measures.minutes, "posts on the full minute", 0.0, 1.0, 0, needs="times in seconds"),
    Feature("promptness", measures.promptness, "how soon one follows another", 0.0, 1.0, 0),
    Feature("leading", measures.leading, "the same account begins", 0.0, 1.0, 0),
    Feature("cohesion", measures.cohesion, "pairs of members that met", 0.0, 1.0, 1),
    Feature("evenness", measures.evenness, "members take part alike", 0.0, 1.0, 1),
    Feature("variety", measures.variety, "objects a message, apart from bursts", 0.0, 1.0, 0, needs="other messages"),
    Feature("known before", measures.known_before, "members active a day before the ring", 0.0, 1.0, -1),
    Feature("size", measures.size, "accounts, in powers of two", 1.5, 8.0, 0),
    Feature("layers", measures.layers, "kinds of action", 1.0, 4.0, 1),
    Feature("span", measures.span, "days, in powers of ten", 0.0, 3.0, 0),
    Feature("frequency", measures.frequency, "bursts a day, in powers of ten", 0.0, 2.0, 0),
    Feature("activity", measures.activity, "messages of the median member, in powers of ten", 0.0, 4.0, 0),
)
"""Every feature, those that weigh most first."""

BY_NAME: Mapping[str, Feature[Subject]] = {f.name: f for f in FEATURES}


def features(subject: Subject) -> dict[str, float | None]:
    """Every feature's value, in the order of :data:`FEATURES`."""
    return measured(subject, FEATURES)
