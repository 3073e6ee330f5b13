"""Kinds of coordination that are planted: what a ring does, and how its members hide it.

Each planter is one way of working that is known from reports on influence operations, pumps and airdrop farms; none
knows how rings are looked for. They were written before the engine that they judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bench.planting.streams import Ints, Posts

HOUR = 3_600_000_000
POPULAR = 200  # objects that count as popular


@dataclass(frozen=True)
class Settings:
    """How rings are made; ranges are inclusive.

    Attributes
    ----------
    rings : int
        How many.
    size, actions, camouflage : (int, int)
        Accounts of a ring; things it does together; posts of each account that have nothing to do with it.
    participation : float
        Chance that a member takes part in one of the ring's actions, in (0, 1].
    jitter_s : float
        Length of the span in which an action's posts lie, in seconds.
    """

    rings: int = 12
    size: tuple[int, int] = (5, 15)
    actions: tuple[int, int] = (4, 8)
    camouflage: tuple[int, int] = (5, 24)
    participation: float = 1.0
    jitter_s: float = 90.0


@dataclass
class Scene:
    """What a planter may look at: the posts, their objects by popularity, and codes that nobody uses yet."""

    posts: Posts
    rng: np.random.Generator
    settings: Settings

    def __post_init__(self) -> None:
        counts = np.bincount(self.posts.thing)
        self.popular: Ints = np.argsort(-counts, kind="stable")[:POPULAR]
        self.layer_of: Ints = np.zeros(len(counts), np.int64)
        self.layer_of[self.posts.thing] = self.posts.layer
        self.fresh = len(counts)
        self.fresh_layers: list[int] = []

    def target(self) -> int:
        """An object for an action: a popular one as often as any other."""
        if self.rng.random() < 0.5:
            return int(self.rng.choice(self.popular))
        return int(self.posts.thing[self.rng.integers(len(self.posts))])

    def target_in(self, layer: int) -> int:
        """An object of a layer."""
        rows = np.flatnonzero(self.posts.layer == layer)
        return int(self.posts.thing[self.rng.choice(rows)])

    def new(self) -> int:
        """An object that nobody has used."""
        self.fresh_layers.append(0)
        return self.fresh + len(self.fresh_layers) - 1

    def moment(self) -> int:
        """A time at which somebody posts: rings keep the hours that others keep."""
        return int(self.posts.at[self.rng.integers(len(self.posts))]) + int(self.rng.integers(-HOUR, HOUR))

    def spread(self) -> int:
        """Where in an action's span a post lies."""
        return int(self.rng.uniform(0, self.settings.jitter_s) * 1e6)

    def takes_part(self) -> bool:
        """Whether a member takes part."""
        return bool(self.rng.random() < self.settings.participation)


Act = tuple[int, int, int]
"""Member of the ring (from 0), object, time in µs."""
Planter = Callable[[Scene, int, int], Iterator[Act]]
"""From a scene, the size of a ring and its number of actions to what it does."""


def volley(scene: Scene, size: int, actions: int) -> Iterator[Act]:
    """Everybody posts each target within the span."""
    for _ in range(actions):
        thing, start = scene.target(), scene.moment()
        for member in range(size):
            if scene.takes_part():
                yield member, thing, start + scene.spread()


def relay(scene: Scene, size: int, actions: int) -> Iterator[Act]:
    """One begins, the others follow one after another, always in the same order."""
    for _ in range(actions):
        thing, start = scene.target(), scene.moment()
        step = scene.settings.jitter_s * 1e6 / max(size - 1, 1)
        for member in range(size):
            if member == 0 or scene.takes_part():
                yield member, thing, start + int(step * (member + scene.rng.uniform(-0.3, 0.3)))


def drops(scene: Scene, size: int, actions: int) -> Iterator[Act]:
    """Each action has a link of its own, which nobody else ever uses."""
    for _ in range(actions):
        thing, start = scene.new(), scene.moment()
        for member in range(size):
            if scene.takes_part():
                yield member, thing, start + scene.spread()


def hammer(scene: Scene, size: int, actions: int) -> Iterator[Act]:
    """One target, again and again."""
    thing = scene.target()
    for _ in range(actions):
        start = scene.moment()
        for member in range(size):
            if scene.takes_part():
                yield member, thing, start + scene.spread()


def shifts(scene: Scene, size: int, actions: int) -> Iterator[Act]:
    """Members take turns: each action is the work of two thirds of them."""
    for number in range(actions):
        thing, start = scene.target(), scene.moment()
        for member in range(size):
            if (member + number) % 3 and scene.takes_part():
                yield member, thing, start + scene.spread()


def traces(scene: Scene, size: int, actions: int) -> Iterator[Act]:
    """The targets are of each layer in turn, so that no layer alone shows all of it."""
    for number in range(actions):
        thing, start = scene.target_in(number % len(scene.posts.layers)), scene.moment()
        for member in range(size):
            if scene.takes_part():
                yield member, thing, start + scene.spread()


def waves(scene: Scene, size: int, actions: int) -> Iterator[Act]:
    """Each action comes twice: the first half of the ring begins, the other half takes it up within the hour."""
    for _ in range(actions):
        thing, start = scene.target(), scene.moment()
        later = start + int(scene.rng.integers(HOUR // 12, HOUR))
        for member in range(size):
            if scene.takes_part():
                yield member, thing, (start if member < (size + 1) // 2 else later) + scene.spread()


PLANTERS: Mapping[str, Planter] = {p.__name__: p for p in (volley, relay, drops, hammer, shifts, traces, waves)}
"""Every kind by name."""


def plant(posts: Posts, kind: str, seed: int, settings: Settings | None = None) -> tuple[Posts, list[set[str]]]:
    """Plant rings of new accounts.

    Parameters
    ----------
    kind : str
        Name in :data:`PLANTERS`, or ``mixed``: each ring of another kind.
    seed : int
        Everything that is drawn follows from it.

    Returns
    -------
    posts : Posts
        With the rings' posts and their camouflage.
    truth : list of set of str
        Names of each ring's accounts as :meth:`Posts.tables` gives them; those that did nothing together are not in it.
    """
    settings = settings or Settings()
    rng = np.random.default_rng([seed, *kind.encode()])
    scene = Scene(posts, rng, settings)
    first = int(posts.actor.max()) + 1
    kinds = sorted(PLANTERS)
    acts: list[tuple[int, int, int]] = []
    truth = []
    for number in range(settings.rings):
        size, actions = (int(rng.integers(low, high + 1)) for low, high in (settings.size, settings.actions))
        planter = PLANTERS[kinds[number % len(kinds)] if kind == "mixed" else kind]
        mine = [(first + member, thing, at) for member, thing, at in planter(scene, size, actions)]
        acts += mine
        truth.append({f"a{actor}" for actor, _, _ in mine})
        acts += _camouflage(scene, range(first, first + size))
        first += size
    layer_of = np.concatenate([scene.layer_of, np.array(scene.fresh_layers, np.int64)])
    actor, thing, at = (np.array(column, np.int64) for column in zip(*acts, strict=True))
    return posts.with_posts(actor, thing, at, layer_of[thing]), truth


def _camouflage(scene: Scene, accounts: range) -> Iterator[Act]:
    """Posts about what others post about, at hours at which others post."""
    low, high = scene.settings.camouflage
    for account in accounts:
        for row in scene.rng.integers(len(scene.posts), size=int(scene.rng.integers(low, high + 1))):
            yield account, int(scene.posts.thing[row]), scene.moment()
