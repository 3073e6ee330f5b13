"""One sentence for a finding, with numbers that a person can check. It names no account: the members are listed."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from detectors.coaction.actions import ACTIONS
from detectors.coaction.ring import Ring


def sentence(ring: Ring, window: float, p_value: float) -> str:
    """What a ring did, how often, and how often chance would bring that; without its full stop.

    Parameters
    ----------
    ring : Ring
        The ring.
    window : float
        Seconds within which its acts lie.
    p_value : float
        Chance that any such ring is found where nothing is coordinated, at most.
    """
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
        f"{len(ring.codes)} accounts were {doing} within {length(window)} of each other {count} times in "
        f"{span(days)}: pairs of them met {met:,} times "
        f"(expected {short(expected)}; chance of any such ring at most {p_value:.2g})"
    )
    found, compared = ring.alike
    if compared:
        text += f"; on {found} of {compared} occasions texts were at least 0.9 alike"
    said, of = ring.disclosed
    if of:
        text += f"; {said or 'none'} of their {of} posts there carr{'y' if said > 1 else 'ies'} a recognised disclosure"
    return text


def moment(us: float) -> datetime:
    """A time in µs as a datetime."""
    return datetime.fromtimestamp(int(us) / 1e6, UTC)


def short(value: float) -> str:
    """Two significant digits, and whole numbers in full."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def length(seconds: float) -> str:
    """A window as people say it: seconds up to ten minutes, then minutes and hours."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 10 * size / (1 if unit == "min" else 10) and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def span(days: float) -> str:
    """A length of time as people say it."""
    for size, unit in ((1.0, "day"), (1 / 24, "hour")):
        if days >= size:
            said = f"{days / size:.1f}"
            return f"1 {unit}" if said == "1.0" else f"{said} {unit}s"
    minutes = max(round(days * 1440), 1)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
