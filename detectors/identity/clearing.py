"""Innocent explanations of accounts that look like one hand, each looked for in what is loaded.

As in :mod:`detectors.coaction.clearing`: excluded, present (for a part, which is stated) or not checkable; its part
lowers a finding's rank by its discount. Several accounts alone are no violation: a group that shares nothing but what
people share who know each other, each with a device of its own, is let be (:func:`acquainted`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from detectors.coaction.clearing import HANDLE, Cleared, Found
from detectors.identity.subject import Subject
from graph.findings import Checked, Explanation

OWN = 0.75  # part of them with a device of their own


def explanations(subject: Subject) -> list[Cleared]:
    """Every explanation with its state, in the order of their declaration."""
    found = []
    for text, discount, check in CHECKS:
        state, part, detail = check(subject)
        found.append(Cleared(Explanation(text, state, detail), part, discount))
    return found


def acquainted(subject: Subject) -> bool:
    """Whether the ring is what people look like who live, work or go about together, and nothing else."""
    return _acquainted(subject)[0] is Checked.PRESENT


def official(subject: Subject) -> bool:
    """Whether all of the ring is labelled official or service."""
    return _official(subject)[1] == 1


def _acquainted(subject: Subject) -> Found:
    """They share places, a tablet, friends' codes, interests; each has a device, and nothing tells of one hand."""
    if subject.control:
        return Checked.EXCLUDED, 0.0, f"they have in common {', '.join(subject.control)}"
    own = subject.own_devices
    if own is None:
        return Checked.NOT_CHECKABLE, 0.0, "no devices are loaded for most of them"
    seen = f"{own:.0%} of them have a device of their own"
    return (Checked.PRESENT, 1.0, seen) if own >= OWN else (Checked.NOT_CHECKABLE, 0.0, seen)


def _strangers(subject: Subject) -> Found:
    """A café, an office, a school, a carrier: an address that many use."""
    ties = [t for t in subject.ties if t.family == "identifiers" and not t.layer.groups[t.group].hand]
    if not subject.signals.identifiers:
        return Checked.NOT_CHECKABLE, 0.0, "no identifiers are loaded"
    if not ties:
        return Checked.EXCLUDED, 0.0, "they share no address"
    others = [t.others for t in ties]
    public = [t for t in ties if t.others >= len(t.codes)]
    if not public:
        most = f"at most {max(others)} others" if any(others) else "no other account"
        return Checked.EXCLUDED, 0.0, f"{most} used any address they share"
    part = 0.0 if subject.control else subject.share(public)
    said = f"{len(public)} of {len(ties)} addresses were used by more accounts that are not among them"
    return (Checked.PRESENT, part, said) if part > 0 else (Checked.EXCLUDED, 0.0, f"{said}, but they share more")


def _machine(subject: Subject) -> Found:
    """A device at a school, a shop, an agency."""
    ties = [t for t in subject.ties if t.layer.groups[t.group].hand and t.family == "identifiers"]
    if not subject.signals.identifiers:
        return Checked.NOT_CHECKABLE, 0.0, "no identifiers are loaded"
    if not ties:
        return Checked.EXCLUDED, 0.0, "they share no device or number"
    own = subject.own_devices
    if own is not None and own >= OWN and not subject.control:
        return Checked.PRESENT, own, f"{own:.0%} of them have a device of their own as well"
    return Checked.NOT_CHECKABLE, 0.0, "whose device it is, is not in the data"


def _owner(subject: Subject) -> Found:
    """Profiles that name one of them, or the same account, make no secret of one hand."""
    known = subject.signals.people
    named = [{h.lower() for h in HANDLE.findall(known.texts[c])} for c in subject.codes.tolist()]
    if not any(known.texts[c] for c in subject.codes.tolist()):
        return Checked.NOT_CHECKABLE, 0.0, "no profile texts of members loaded"
    own = {(known.handle[c] or "").lower() for c in subject.codes.tolist()} - {""}
    counts = Counter(h for names in named for h in names)
    common = {h for h, n in counts.items() if h in own or 2 * n > len(named)}
    naming = sum(bool(names & common) for names in named)
    said = f"{naming} of {len(named)} profiles name a member, or one account that most of them name"
    return (Checked.PRESENT, naming / len(named), said) if naming else (Checked.EXCLUDED, 0.0, "no profile says so")


def _official(subject: Subject) -> Found:
    context = subject.signals.context
    if not context.labelled:
        return Checked.NOT_CHECKABLE, 0.0, "no labels loaded"
    known = [f"{m} {context.not_members[m]}" for m in subject.members if m in context.not_members]
    part = len(known) / len(subject.members)
    return (Checked.PRESENT, part, "; ".join(known)) if known else (Checked.EXCLUDED, 0.0, "no member is labelled so")


def _payer(subject: Subject) -> Found:
    """An exchange, a bridge, a faucet, an airdrop that paid them."""
    groups = subject.signals.groups_of(subject.codes)
    services = len(subject.signals.funding.services)
    if not groups:
        return Checked.EXCLUDED, 0.0, "money is not what ties them"
    most = max(len(g.accounts) for g in groups)
    many = f"; {services} services were taken out" if services else ""
    return Checked.EXCLUDED, 0.0, f"who paid or was paid deals with {most} known accounts{many}"


def _occasion(subject: Subject) -> Found:
    """A talk, a listing, a film: strangers who join at once."""
    bursts = [t for t in subject.ties if t.layer.name == "births"]
    if not len(subject.created):
        return Checked.NOT_CHECKABLE, 0.0, "when accounts were made is not loaded"
    if not bursts:
        return Checked.EXCLUDED, 0.0, "they were not made at once"
    most = max(bursts, key=lambda t: len(t.codes))
    said = f"{most.others} others were made with {len(most.codes)} of them"
    if most.others >= len(most.codes) and subject.families <= {"making"}:
        return Checked.PRESENT, subject.share(bursts), said
    if subject.families & {"identifiers", "money"}:
        return Checked.EXCLUDED, 0.0, f"{said}, and they share more"
    return Checked.NOT_CHECKABLE, 0.0, said


def _allowed(subject: Subject) -> Found:
    entries = [e for e in subject.signals.context.allow if e.kind == "group"]
    held = {e.shown: int(np.isin(subject.members, e.accounts).sum()) for e in entries}
    shown = {name: n for name, n in held.items() if n > 1}
    if not shown:
        return Checked.EXCLUDED, 0.0, "no entry is in force for two of them"
    part = max(shown.values()) / len(subject.members)
    return Checked.PRESENT, part, "; ".join(f"{name} covers {n} members" for name, n in sorted(shown.items()))


CHECKS: tuple[tuple[str, float, Callable[[Subject], Found]], ...] = (
    ("people who live, work or go about together, each with a device of their own", 0.8, _acquainted),
    ("an address of many: a café, an office, a school, a carrier", 0.6, _strangers),
    ("a device of a school, a shop or an agency", 0.5, _machine),
    ("one owner or agency that says so", 0.8, _owner),
    ("official or service accounts", 0.7, _official),
    ("a service that pays many: an exchange, a bridge, a faucet", 0.7, _payer),
    ("an occasion at which many join: a talk, a listing", 0.5, _occasion),
    ("an allow-list entry", 0.6, _allowed),
)
"""Every explanation: its words, how much it lowers a rank where it accounts for all of it, and how it is looked for."""
