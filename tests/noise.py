"""People who post at random, and rings among them: what the search for rings is tried on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detectors.coaction.engine import Found, Options, search
from detectors.coaction.streams import names_of
from detectors.coaction.surprisal import Layer
from tests.coactions import Event, events_of

DAY = 86_400.0
Layers = Sequence[tuple[Sequence[Event], float]]


def noise(seed: int, accounts: int = 120, posts: int = 1500, things: int = 50, days: float = 8.0) -> list[Event]:
    """Posts about things of unequal popularity by accounts of unequal activity, at random times."""
    rng = np.random.default_rng([seed, 17])
    popular = 1 / np.arange(1, things + 1)
    busy = rng.gamma(1.0, 1.0, accounts) + 0.1
    who = rng.choice(accounts, posts, p=busy / busy.sum())
    what = rng.choice(things, posts, p=popular / popular.sum())
    when = np.round(rng.uniform(0, days * DAY, posts), 6)
    rows = zip(who.tolist(), what.tolist(), when.tolist(), strict=True)
    return [(f"p{a:03}", f"t{o:02}", t, f"n{seed}.{i}") for i, (a, o, t) in enumerate(rows)]


def ring(
    members: Sequence[str], seed: int, actions: int = 6, part: float = 1.0, *, prefix: str = "t", span: float = 50.0
) -> list[Event]:
    """Members post the same thing within a span, again and again, each with a chance of ``part``."""
    rng = np.random.default_rng([seed, 23])
    rows: list[Event] = []
    for action in range(actions):
        thing, begin = f"{prefix}{int(rng.integers(50)):02}", float(rng.uniform(0, 7.9 * DAY))
        there = [who for who in members if rng.random() < part]
        rows += [
            (who, thing, round(begin + float(rng.uniform(0, span)), 6), f"r{seed}.{action}.{who}") for who in there
        ]
    return rows


def layers_of(layers: Layers) -> list[Layer]:
    """As the search takes them."""
    return [Layer(f"co_{n}", events_of(rows), window) for n, (rows, window) in enumerate(layers)]


def look(layers: Layers, **settings: object) -> Found:
    """Search them."""
    given = layers_of(layers)
    return search(given, names_of([layer.events for layer in given]), Options(**settings))  # type: ignore[arg-type]


def rings_of(found: Found) -> list[list[str]]:
    """Names of each ring's accounts."""
    return [found.names(ring.codes) for ring in found.rings]
