"""Innocent explanations of accounts acting together, each looked for in what is loaded.

An explanation is *excluded*, *present* (for a part of the pattern, which is stated) or *not checkable* with what is
loaded. Its part, in [0, 1], lowers a finding's rank; it never removes the finding.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson

from detectors.coaction.actions import ACTIONS
from detectors.coaction.context import Context
from detectors.coaction.evidence import Together
from detectors.coaction.ring import Ring
from graph.findings import Checked, Explanation
from graph.model import NodeType

TRIGGER_LASTS = timedelta(hours=1)
PROFILES_READ = 300
OWN_WORDS = 0.1  # share of bursts with texts alike below which members write for themselves
COPIED = 0.5  # share from which they do not
HANDLE = re.compile(r"@([\w.-]*\w)")  # some networks have dots in handles; one at the end is the sentence's

Cleared = tuple[Explanation, float]
"""An explanation and the part of the pattern that it accounts for, in [0, 1]."""


def explanations(ring: Ring, context: Context) -> list[Cleared]:
    """Every explanation with its state, in a fixed order."""
    return [check(ring, context) for check in _CHECKS]


def _state(text: str, part: float, present: str, excluded: str) -> Cleared:
    if part > 0:
        return Explanation(text, Checked.PRESENT, present), min(part, 1.0)
    return Explanation(text, Checked.EXCLUDED, excluded), 0.0


def _unknown(text: str, why: str) -> Cleared:
    return Explanation(text, Checked.NOT_CHECKABLE, why), 0.0


def _campaign(ring: Ring, context: Context) -> Cleared:
    text = "a declared campaign"
    if not context.campaigns:
        return _state(text, 0, "", "none loaded")
    covered = [key for key in ring.messages if key in context.explained]
    names = ", ".join(sorted({context.explained[key] for key in covered}))
    share = len(covered) / len(ring.messages)
    return _state(
        text, share, f"{names} covers {len(covered)} of {len(ring.messages)} posts", "none loaded covers these posts"
    )


def _trigger(ring: Ring, context: Context) -> Cleared:
    text = "a common trigger: news, a listing"
    if context.triggers is None:
        return _unknown(text, "no events loaded")
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
        text,
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


def _source(ring: Ring, _: Context) -> Cleared:
    """A repost of what many others repost as well says little about those who do."""
    text = "a popular source that all of them repost"
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
        text,
        popular / bursts,
        f"present for {popular} of {bursts} occasions: others reposted the same more often than members did",
        "what members reposted together, others reposted less",
    )


def _own_words(ring: Ring, _: Context) -> Cleared:
    text = "people with one interest, each in words of their own"
    found, compared = ring.alike
    if not compared:
        return _unknown(text, "no texts to compare")
    share = found / compared
    part = max(0.0, 1 - share / OWN_WORDS)
    seen = f"texts were alike on {found} of {compared} occasions"
    hint = f"{seen}; paraphrase looks the same"
    return _unknown(text, hint) if OWN_WORDS <= share < COPIED else _state(text, part, hint, seen)


def _official(ring: Ring, context: Context) -> Cleared:
    text = "official or service accounts"
    if not context.labelled:
        return _unknown(text, "no labels loaded")
    members = [ring.names[c] for c in ring.codes]
    known = [f"{m} {context.not_members[m]}" for m in members if m in context.not_members]
    return _state(text, len(known) / len(members), "; ".join(known), "no member is labelled so")


def _disclosed(ring: Ring, _: Context) -> Cleared:
    text = "paid promotion that is disclosed"
    found, of = ring.disclosed
    if not of:
        return _unknown(text, "no texts to read")
    return _state(
        text, found / of, f"{found} of {of} posts say so", f"none of {of} posts carries a recognised disclosure"
    )


def _operator(ring: Ring, context: Context) -> Cleared:
    """Accounts whose profiles name each other make no secret of one hand behind them."""
    text = "one operator who says so: an agency, a brand with several accounts"
    profiles = [context.view.account(ring.names[c]) for c in ring.codes[:PROFILES_READ]]
    told = [p for p in profiles if p is not None and p.attributes]
    if not told:
        return _unknown(text, "no profile texts of members loaded")
    handles = {p.handle.lower() for p in profiles if p is not None and p.handle}
    naming = sum(bool(handles & _named(p.attributes or "")) for p in told)
    return _state(
        text,
        naming / len(profiles),
        f"{naming} of {len(profiles)} profiles name a member",
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


_CHECKS: tuple[Callable[[Ring, Context], Cleared], ...] = (
    _campaign,
    _trigger,
    _source,
    _own_words,
    _official,
    _disclosed,
    _operator,
)
