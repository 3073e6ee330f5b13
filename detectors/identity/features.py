"""Features of a ring of one hand: what makes common control likely, and what speaks against it."""

from __future__ import annotations

import numpy as np

from detectors.coaction.clearing import factor
from detectors.identity.clearing import explanations
from detectors.identity.subject import Subject
from detectors.scoring.features import Feature

WEEK = 7 * 86_400_000_000


def _families(subject: Subject) -> float:
    return float(len(subject.families))


def _hand(subject: Subject) -> float | None:
    """Part of the ring on devices, numbers and the like that hardly any other account uses."""
    if not subject.signals.identifiers:
        return None
    ties = [t for t in subject.telling if t.layer.groups[t.group].hand and t.family == "identifiers"]
    return subject.share([t for t in ties if t.others < len(t.codes)])


def _network(subject: Subject) -> float | None:
    if not subject.signals.identifiers:
        return None
    ties = [t for t in subject.telling if not t.layer.groups[t.group].hand and t.family == "identifiers"]
    return subject.share([t for t in ties if t.others < len(t.codes)])


def _money(subject: Subject) -> float | None:
    if not subject.signals.payable.any():
        return None
    return subject.share([t for t in subject.telling if t.family == "money"])


def _making(subject: Subject) -> float:
    return subject.share([t for t in subject.telling if t.family == "making"])


def _acting(subject: Subject) -> float | None:
    if subject.signals.together is None:
        return None
    m = len(subject.codes)
    seen, expected = subject.acting
    return max(seen - expected, 0.0) / (m * (m - 1) / 2)


def _strength(subject: Subject) -> float:
    """Nats above the bound by which members hang on, on average."""
    return subject.ring.strength / max(len(subject.codes) - 1, 1)


def _cohesion(subject: Subject) -> float:
    m = len(subject.codes)
    return float(subject.tied.sum() / (m * (m - 1)))


def _rhythm(subject: Subject) -> float | None:
    return None if subject.rhythm is None else float(-np.log10(subject.rhythm[2]))


def _follows(subject: Subject) -> float | None:
    if not len(subject.signals.follows.source):
        return None
    m = len(subject.codes)
    return subject.followed[0] / (m * (m - 1))


def _company(subject: Subject) -> float | None:
    return None if subject.company is None else subject.company[0]


def _same_week(subject: Subject) -> float | None:
    at = subject.created
    if not len(at):
        return None
    return float((np.searchsorted(at, at + WEEK, side="right") - np.arange(len(at))).max() / len(subject.codes))


def _own_devices(subject: Subject) -> float | None:
    return subject.own_devices


def _verified(subject: Subject) -> float | None:
    known = [subject.signals.people.verified[c] for c in subject.codes.tolist()]
    told = [v for v in known if v is not None]
    return sum(told) / len(told) if told else None


def _size(subject: Subject) -> float:
    return float(np.log2(len(subject.codes)))


def _explained(subject: Subject) -> float:
    return 1 - factor(explanations(subject))


FEATURES: tuple[Feature[Subject], ...] = (
    Feature("kinds", _families, "kinds of tie: identifiers, making, money, acting", 1.0, 3.0, 1, 0.3),
    Feature("acting", _acting, "pairs that act together", 0.0, 1.0, 1, 0.16, needs="posts that several act on"),
    Feature("one hand", _hand, "members on devices of their own alone", 0.0, 1.0, 1, 0.12, needs="identifiers"),
    Feature("money", _money, "members that payments tie", 0.0, 1.0, 1, 0.12, needs="transfers and wallets"),
    Feature("making", _making, "members of one burst or template", 0.0, 1.0, 1, 0.08),
    Feature("strength", _strength, "nats by which members hang on", 0.0, 20.0, 1, 0.08),
    Feature("network", _network, "members on addresses of their own alone", 0.0, 1.0, 1, 0.05, needs="identifiers"),
    Feature("cohesion", _cohesion, "pairs that are tied", 0.0, 1.0, 1, 0.04),
    Feature("own devices", _own_devices, "members with a device of their own", 0.0, 1.0, -1, 0.03, needs="devices"),
    Feature("rhythm", _rhythm, "weeks and pauses alike", 0.0, 2.3, 1, 0.02, needs="12 posts of 3 members"),
    Feature("company", _company, "near labelled sybils over follows", 0.0, 1.0, 1, 0.02, needs="labels and follows"),
    Feature("follows", _follows, "pairs that follow each other", 0.0, 1.0, 0, needs="follows"),
    Feature("same week", _same_week, "members made within one week", 0.0, 1.0, 0, needs="dates of accounts"),
    Feature("verified", _verified, "members with verification", 0.0, 1.0, -1, needs="profiles"),
    Feature("size", _size, "accounts, in powers of two", 1.5, 8.0, 0),
    # lowers the stated score as explanations, and would count twice
    Feature("explained", _explained, "innocent explanations are present", 0.0, 1.0, -1),
)
"""Every feature, those that weigh most first."""
