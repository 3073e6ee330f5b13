"""Innocent explanations of accounts acting together, each looked for in what is loaded.

An explanation is *excluded*, *present* (for a part of the pattern, which is stated) or *not checkable* with what is
loaded. Its part, in [0, 1], lowers a finding's rank by its discount; it never removes the finding. Each is declared
once, with its discount, at the end of this module.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson

from detectors.coaction.actions import ACTIONS
from detectors.coaction.evidence import Together
from detectors.coaction.measures import ON_THE_MINUTE, minutes
from detectors.coaction.null import tail
from detectors.coaction.subject import DAY, PROFILES_READ, Subject
from detectors.coaction.sweep import MICROSECONDS
from graph.findings import Checked, Explanation
from graph.model import NodeType

TRIGGER_LASTS = timedelta(hours=1)
OWN_WORDS = 0.1  # share of bursts with texts alike below which members write for themselves
COPIED = 0.5  # share from which they do not
HANDLE = re.compile(r"@([\w.-]*\w)")  # some networks have dots in handles; one at the end is the sentence's

MINUTE_SHARE = 1 / 12  # of the moments that whole seconds can name, those within two seconds of a full minute
NO_ACCIDENT = 0.01  # p up to which posts on the full minute are no accident
LONG = 7 * DAY  # a fan goes on for longer than a campaign


Found = tuple[Checked, float, str]
"""State, the part of the pattern that is accounted for, in [0, 1], and what was seen."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """An explanation, the part of the pattern that it accounts for, and how much that lowers a rank."""

    explanation: Explanation
    part: float
    discount: float

    @property
    def factor(self) -> float:
        """What a score is multiplied by."""
        return 1 - self.discount * self.part


def explanations(subject: Subject) -> list[Cleared]:
    """Every explanation with its state, in the order of their declaration."""
    found = []
    for text, discount, check in CHECKS:
        state, part, detail = check(subject)
        found.append(Cleared(Explanation(text, state, detail), part, discount))
    return found


def factor(cleared: Sequence[Cleared]) -> float:
    """What explanations together leave of a score, in [0, 1]."""
    left = 1.0
    for c in cleared:
        left *= c.factor
    return left


def explained(subject: Subject) -> float | None:
    """How much explanations together would lower a score; None without a store to look for them in."""
    return None if subject.context is None else 1 - factor(explanations(subject))


def _state(part: float, present: str, excluded: str) -> Found:
    return (Checked.PRESENT, min(part, 1.0), present) if part > 0 else (Checked.EXCLUDED, 0.0, excluded)


def _unknown(why: str) -> Found:
    return Checked.NOT_CHECKABLE, 0.0, why


def _campaign(subject: Subject) -> Found:
    ring, context = subject.ring, subject.context
    if context is None:
        return _unknown("no store to look in")
    if not context.campaigns:
        return Checked.EXCLUDED, 0.0, "none loaded"
    covered = [key for key in ring.messages if key in context.explained]
    names = ", ".join(sorted({context.explained[key] for key in covered}))
    left: dict[str, int] = {}
    for key in ring.messages - set(covered):
        if key in context.excess:
            left[context.excess[key]] = left.get(context.excess[key], 0) + 1
    more = "".join(f"; {n} left: {why}" for why, n in sorted(left.items()))
    of = len(ring.messages)
    return _state(
        len(covered) / of, f"{names} covers {len(covered)} of {of} posts{more}", f"none loaded covers these posts{more}"
    )


def _allowed(subject: Subject) -> Found:
    ring, context = subject.ring, subject.context
    if context is None or not context.allow:
        return Checked.EXCLUDED, 0.0, "no entry is in force"
    covered: dict[str, set[str]] = {}
    for key in ring.messages:
        if key in context.allowed:
            covered.setdefault(context.allowed[key], set()).add(key)
    members = set(subject.members)
    for entry in context.allow:
        if entry.accounts and len(members & set(entry.accounts)) >= 2:
            mine = {
                k
                for o in subject.own
                for a, k, t in zip(o.actors, o.keys, o.together, strict=True)
                if t and ring.names[a] in entry.accounts
            }
            covered.setdefault(entry.shown, set()).update(mine)
    every = set().union(*covered.values()) if covered else set()
    of = len(ring.messages)
    said = "; ".join(f"{name} covers {len(keys)} of {of} posts" for name, keys in sorted(covered.items()))
    return _state(len(every) / of, said, "no entry in force covers these posts")


def _trigger(subject: Subject) -> Found:
    ring, context = subject.ring, subject.context
    if context is None or context.triggers is None:
        return _unknown("no events loaded")
    lead = ring.lead
    begins = _first_of_bursts(lead)
    times = [datetime.fromtimestamp(lead.times[i] / 1e6, UTC) for i in begins]
    things = [lead.thing(int(lead.things[i])) for i in begins]
    if ACTIONS[lead.stream.action].node is not NodeType.TICKER:
        tickers = {t for p in ring.posts.values() for t in p.tickers}
        known = sorted(at for t in tickers for at in context.triggers.get(t, ()))
        after = sum(_soon_after(at, known) for at in times)
    else:
        after = sum(_soon_after(at, sorted(context.triggers.get(x, ()))) for at, x in zip(times, things, strict=True))
    return _state(
        after / len(times),
        f"present for {after} of {len(times)}, {len(times) - after} remain",
        "none in the loaded events in the hour before",
    )


def _soon_after(at: datetime, known: list[datetime]) -> bool:
    place = bisect_right(known, at)
    return place > 0 and at - known[place - 1] <= TRIGGER_LASTS


def _first_of_bursts(together: Together) -> list[int]:
    _, first = np.unique(together.bursts, return_index=True)
    return [int(i) for i in first]


def _source(subject: Subject) -> Found:
    """A repost of what many others repost as well says little about those who do."""
    ring = subject.ring
    popular = bursts = 0
    for together in ring.togethers:
        bursts += together.count
        if not ACTIONS[together.stream.action].prompt:
            continue
        inside = np.bincount(
            together.stream.sweep.objects[together.stream.among(ring.codes)],
            minlength=len(together.stream.sweep.things),
        )
        outside = together.stream.null.popularity - inside
        things = together.things[_first_of_bursts(together)]
        popular += int((outside[things] > inside[things]).sum())
    return _state(
        popular / bursts,
        f"present for {popular} of {bursts} occasions: others reposted the same more often than members did",
        "what members reposted together, others reposted less",
    )


def _own_words(subject: Subject) -> Found:
    found, compared = subject.ring.alike
    if not compared:
        return _unknown("no texts to compare")
    share = found / compared
    part = max(0.0, 1 - share / OWN_WORDS)
    seen = f"texts were alike on {found} of {compared} occasions"
    hint = f"{seen}; paraphrase looks the same"
    return _unknown(hint) if OWN_WORDS <= share < COPIED else _state(part, hint, seen)


def _official(subject: Subject) -> Found:
    context = subject.context
    if context is None or not context.labelled:
        return _unknown("no labels loaded")
    known = [f"{m} {context.not_members[m]}" for m in subject.members if m in context.not_members]
    return _state(len(known) / len(subject.members), "; ".join(known), "no member is labelled so")


def _disclosed(subject: Subject) -> Found:
    found, of = subject.ring.disclosed
    if not of:
        return _unknown("no texts to read")
    return _state(found / of, f"{found} of {of} posts say so", f"none of {of} posts carries a recognised disclosure")


def _operator(subject: Subject) -> Found:
    """Accounts whose profiles name each other make no secret of one hand behind them."""
    looked = min(len(subject.members), PROFILES_READ)
    told = [p for p in subject.profiles if p.attributes]
    if not told:
        return _unknown("no profile texts of members loaded")
    handles = {p.handle.lower() for p in subject.profiles if p.handle}
    naming = sum(bool(handles & _named(p.attributes or "")) for p in told)
    return _state(
        naming / looked,
        f"{naming} of {looked} profiles name a member",
        f"no member is named in {len(told)} profiles",
    )


def _named(attributes: str) -> set[str]:
    """Handles that a profile's texts name."""
    try:
        values = orjson.loads(attributes)
    except ValueError:
        return set()
    texts = values.values() if isinstance(values, dict) else []
    return {handle.lower() for t in texts if isinstance(t, str) for handle in HANDLE.findall(t)}


def _schedule(subject: Subject) -> Found:
    """Publishing tools offer full minutes: accounts that use the same hours meet there without knowing each other."""
    share = minutes(subject)
    if share is None:
        return _unknown("times are given to the minute")
    begins = np.concatenate([t.times[_first_of_bursts(t)] for t in subject.ring.togethers]) % (60 * MICROSECONDS)
    near = int((np.minimum(begins, 60 * MICROSECONDS - begins) <= ON_THE_MINUTE).sum())
    if float(tail(near, len(begins) * MINUTE_SHARE)) > NO_ACCIDENT:
        return Checked.EXCLUDED, 0.0, "posts lie on full minutes no more often than chance has it"
    return _state(
        max(share - MINUTE_SHARE, 0.0) / (1 - MINUTE_SHARE),
        f"{near} of {len(begins)} occasions began within 2 s of a full minute",
        "posts lie on full minutes no more often than chance has it",
    )


def _fans(subject: Subject) -> Found:
    """Fans come back to their object at all hours, not only when the others do."""
    acts = away = 0
    for messages in subject.on_shared.values():
        alone = [at for at, together in messages.values() if not together]
        acts += len(messages)
        away += len(alone) if len(alone) > 1 and max(alone) - min(alone) >= LONG else 0
    return _state(
        away / max(acts, 1),
        f"{away} of {acts} acts on the same things were apart from the others, over a week or more",
        "members come back to the same things only together, or for less than a week",
    )


CHECKS: tuple[tuple[str, float, Callable[[Subject], Found]], ...] = (
    ("a declared campaign", 0.6, _campaign),
    ("an allow-list entry", 0.6, _allowed),
    ("a common trigger: news, a listing", 0.7, _trigger),
    ("a popular source that all of them repost", 0.7, _source),
    ("people with one interest, each in words of their own", 0.15, _own_words),
    ("official or service accounts", 0.7, _official),
    ("paid promotion that is disclosed", 0.6, _disclosed),
    ("one operator who says so: an agency, a brand with several accounts", 0.6, _operator),
    ("one schedule: publishing tools that post on full minutes", 0.3, _schedule),
    ("a fan club that goes on about the same thing", 0.3, _fans),
)
"""Every explanation: its words, how much it lowers a rank where it accounts for all of it, and how it is looked for."""
