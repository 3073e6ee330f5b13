"""What is measured of a push, with or without a market's move: the features that its score is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from detectors.announcing.calls import Call
from detectors.coaction.context import Context, alike
from detectors.pumping.join import AHEAD, Pump
from detectors.pumping.posts import Board, Named
from detectors.scoring.features import Feature
from detectors.trading.reading import SECOND
from graph.model import Account, Post

COMPARED = 16  # posts whose texts are compared with each other
ALIKE = 0.8  # Jaccard similarity of words from which two texts count as alike
NEW = 30 * 86_400  # s: an account this young is new
READ = 60  # posts of a pump, and profiles, that are read


@dataclass(frozen=True)
class Case:
    """A push as it is measured.

    Parameters
    ----------
    board, context : Board, Context
        Where posts and what is known of accounts come from.
    ticker : str
        The coin.
    named : Named
        The pushers' posts on it.
    calls : tuple of Call
        The calls that belong to it.
    pump : Pump or None
        The move it is joined with, where there is one.
    unmoved : bool or None
        Without a move: whether the market was observed and did not move; None where it was not observed.
    """

    board: Board
    context: Context
    ticker: str
    named: Named
    calls: tuple[Call, ...]
    pump: Pump | None
    unmoved: bool | None = None

    @cached_property
    def pushers(self) -> list[str]:
        """Account keys, in the order in which they named the coin."""
        return [self.board.names[c] for c in self.named.first]

    @cached_property
    def texts(self) -> dict[str, Post]:
        """Pushers' posts, as far as they are read."""
        most = READ if self.pump is not None else COMPARED
        return {p.post: p for p in self.context.view.posts(self.named.keys[:most])}

    @cached_property
    def profiles(self) -> list[Account]:
        """Profiles of pushers that were observed."""
        found = [self.context.account(key) for key in self.pushers[:READ]]
        return [p for p in found if p is not None]


def _announced(case: Case) -> float:
    """How well announced: the best call's score, 1 for what the rule can hardly exceed; 0 without a call."""
    return max((certainty(c) for c in case.calls), default=0.0)


def certainty(call: Call) -> float:
    """A call's score in [0, 1): s / (1 + s) for the rule's, which has no bound."""
    return call.score if call.basis == "learnt" else call.score / (1 + call.score)


def _burst(case: Case) -> float:
    """Surprise of the pushers' densest five minutes by the coin's own past, in powers of ten."""
    count, begins = case.named.densest()
    _, p = case.board.on(case.ticker).surprise(count, begins)
    return -math.log10(max(p, 1e-12))


def _ring(case: Case) -> float:
    return float(case.pump is not None and case.pump.ring is not None)


def _ahead(case: Case) -> float | None:
    """Share of pushers who had named it when the move began, or within the time in which insiders run ahead."""
    if case.pump is None:
        return None
    limit = case.pump.move.onset + (AHEAD if case.pump.move.fine else case.pump.move.resolution)
    return sum(at <= limit for at in case.named.first.values()) / len(case.pushers)


def _own(case: Case) -> float | None:
    """Share of pushers among all who named the coin until a quarter of an hour after the onset."""
    return None if case.pump is None else len(case.pushers) / len(case.pump.posts.first)


def _move(case: Case) -> float | None:
    if case.pump is None:
        return 0.0 if case.unmoved else None
    return abs(math.log(case.pump.move.phases.extreme))


def _volume(case: Case) -> float | None:
    if case.pump is None:
        return 0.0 if case.unmoved else None
    return math.log10(max(case.pump.move.volume_ratio, 1.0))


def _before(case: Case) -> float | None:
    found = case.pump.move.phases.before if case.pump else None
    return None if found is None else math.log2(max(found, 0.25))


def _again(case: Case) -> float:
    return float(len(case.pump.others)) if case.pump else 0.0


def _templates(case: Case) -> float | None:
    """Share of compared pairs of posts by different pushers that have nearly the same words."""
    some = [case.texts[k] for k in sorted(case.texts)[:COMPARED]]
    pairs = [(a, b) for a, b in combinations(some, 2) if a.account != b.account and a.text and b.text]
    return sum(alike(a, b) >= ALIKE for a, b in pairs) / len(pairs) if pairs else None


def _new(case: Case) -> float | None:
    made = [p.created_at.timestamp() for p in case.profiles if p.created_at is not None]
    begins = int(case.named.at[0]) / SECOND if len(case.named) else 0.0
    return sum(0 <= begins - at <= NEW for at in made) / len(made) if len(made) >= 2 else None


def _moved(case: Case) -> float | None:
    return 1.0 if case.pump is not None else None if case.unmoved is None else 0.0


FEATURES: tuple[Feature[Case], ...] = (
    Feature("announced", _announced, "called beforehand: countdowns, “the coin is”", 0.0, 1.0, 1, 0.16),
    Feature("ring", _ring, "a ring that names coins together beyond chance", 0.0, 1.0, 1, 0.14),
    Feature("burst", _burst, "surprise of the burst by the coin's own past, in powers of ten", 0.0, 10.0, 1, 0.14),
    Feature("ahead", _ahead, "pushers who named it before its price moved", 0.0, 1.0, 1, 0.14, needs="a move"),
    Feature("own doing", _own, "share of pushers among all who name it then", 0.0, 1.0, 1, 0.12, needs="a move"),
    Feature("move", _move, "size of the move, log", 0.0, 0.4, 1, 0.08, needs="candles or trades"),
    Feature("volume", _volume, "volume over its usual value, in powers of ten", 0.0, 2.0, 1, 0.06, needs="candles"),
    Feature(
        "bought before", _before, "volume ahead of the push, in powers of two", 0.0, 2.0, 1, 0.08, needs="hours before"
    ),
    Feature("again", _again, "other coins the same accounts pushed", 0.0, 2.0, 1, 0.06),
    Feature("templates", _templates, "pushers' texts alike", 0.0, 0.5, 1, 0.04, needs="texts of posts"),
    Feature("new accounts", _new, "pushers made within 30 days before", 0.0, 1.0, 1, 0.04, needs="dates of accounts"),
    Feature("both legs", _moved, "the market moved with it", 0.0, 1.0, 0, needs="candles or trades"),
)
"""Every feature; those that weigh most first."""
