"""A feature of a finding: declared once, measured or unknown, and never 0 for not knowing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

S = TypeVar("S")
Values = Mapping[str, float | None]
"""Values of features by name; None: unknown."""


@dataclass(frozen=True, slots=True)
class Feature(Generic[S]):
    """One feature of what a detector finds.

    Parameters
    ----------
    name : str
        Short name, as tables show it.
    measure : callable
        From what was found (a ring, a pump) to its value, or None where it cannot be known.
    about : str
        What a high value says.
    low, high : float
        The range that is told apart; values outside count as its ends.
    abuse : int
        1: a high value speaks for abuse; −1: against it; 0: neither, until verdicts show what it is worth.
    weight : float
        Part in the score that is not learnt, ≥ 0; those of known features are scaled to a sum of 1.
    needs : str
        What must be loaded for it to be known; empty: nothing but the acts themselves.
    """

    name: str
    measure: Callable[[S], float | None]
    about: str
    low: float
    high: float
    abuse: int
    weight: float = 0.0
    needs: str = ""

    def scaled(self, value: float) -> float:
        """The value within its range: 0 at its lower end, 1 at its upper end."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def suspicion(self, value: float) -> float:
        """The same, 1 where the value speaks most for abuse; ½ for a feature that speaks neither way."""
        scaled = self.scaled(value)
        return scaled if self.abuse > 0 else 1 - scaled if self.abuse < 0 else 0.5


Features = Sequence[Feature[Any]]
"""The features of one detector, in the order in which it declares them."""


def measured(subject: S, features: Sequence[Feature[S]]) -> dict[str, float | None]:
    """Every feature's value, in their order; six decimals, on which sums in any order agree."""
    found = {f.name: f.measure(subject) for f in features}
    return {name: None if value is None else round(float(value), 6) for name, value in found.items()}
