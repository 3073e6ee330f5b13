"""Features of any ring of any events are finite, in range, and the same whatever the order, the names and the day."""

from __future__ import annotations

import math
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.coaction.features import features
from tests.coactions import Event
from tests.unit.detectors.test_features import subject

PEOPLE = "abcdef"
rows = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from("XYZ"), st.integers(0, 40_000), st.integers(0, 30)),
    max_size=60,
)


def whole(drawn: list[tuple[str, str, int, int]], names: dict[str, str], shift: int) -> list[Event]:
    """The drawn events and a burst, so that there is a ring; a message has one author and one time."""
    when: dict[str, int] = {}
    found: list[Event] = [(names[m], "W", 50_000.0 + i + shift, f"{m}!") for i, m in enumerate("abc")]
    for who, thing, at, number in drawn:
        message = f"{who}{number}"
        found.append((names[who], thing, float(when.setdefault(message, at) + shift), message))
    return found


@settings(max_examples=60, deadline=None)
@given(rows, st.integers(0, 1000), st.booleans())
def test_features_follow_from_the_events_alone(
    drawn: list[tuple[str, str, int, int]], seed: int, several: bool
) -> None:
    plain = {m: m for m in PEOPLE}
    events = whole(drawn, plain, 0)
    layers = [events, [e for e in events if e[1] != "W"]] if several and drawn else [events]
    found = features(subject(*layers))
    assert all(v is None or math.isfinite(v) for v in found.values())
    assert 0 <= (found["activity outside"] or 0) <= 1
    names = dict(zip(PEOPLE, reversed("uvwxyz"), strict=True))
    moved = whole(drawn, names, 60 * seed)
    others = [moved, [e for e in moved if e[1] != "W"]] if several and drawn else [moved]
    mixed = [random.Random(seed).sample(rows, len(rows)) for rows in others]
    again = features(subject(*mixed, ring=[names[m] for m in "abc"]))
    assert set(again) == set(found)
    for name, value in found.items():
        other = again[name]
        assert (value is None) == (other is None), name
        assert value is None or math.isclose(value, other or 0.0, abs_tol=2e-6), name
