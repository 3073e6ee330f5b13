"""Random draws that give the same numbers on every machine.

Only PCG64's uniform doubles are drawn; everything else is made from them by + - * / and square roots, which IEEE 754
fixes to the last bit. Logarithms, powers and sines are avoided: their last bit differs between processors.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Draw:
    """A stream of random draws of its own, named so that no scenario disturbs another.

    Parameters
    ----------
    seed : int
        The network's seed.
    names : str or int
        What the stream is for.
    """

    def __init__(self, seed: int, *names: str | int) -> None:
        key = [seed, *(zlib.crc32(n.encode()) if isinstance(n, str) else n for n in names)]
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))

    def one(self) -> float:
        """A number in [0, 1)."""
        return float(self._rng.random())

    def uniform(self, n: int) -> Floats:
        """Numbers in [0, 1), shape (n,)."""
        return self._rng.random(n)

    def grid(self, n: int, width: int) -> list[list[float]]:
        """Rows (n of them) of ``width`` numbers in [0, 1), as plain lists."""
        rows: list[list[float]] = self._rng.random((n, width)).tolist()
        return rows

    def chance(self, p: float) -> bool:
        """True with probability p."""
        return self.one() < p

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self.one()

    def integer(self, low: int, high: int) -> int:
        """A whole number with ``low <= x < high``."""
        return low + int(self.one() * (high - low))

    def below(self, n: int, high: int) -> Ints:
        """Whole numbers in [0, high), shape (n,)."""
        return (self.uniform(n) * high).astype(np.int64)

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self.one() * len(items))]

    def order(self, n: int) -> Ints:
        """A random permutation of 0 … n - 1."""
        return np.argsort(self.uniform(n), kind="stable").astype(np.int64)

    def sample(self, items: Sequence[T], k: int) -> list[T]:
        """K different items (all of them, shuffled, where there are fewer)."""
        return [items[i] for i in self.order(len(items))[:k].tolist()]

    def weighted(self, cumulated: NDArray[np.float64] | Ints, n: int) -> Ints:
        """Indices drawn by cumulated weights, shape (n,)."""
        found: Ints = np.searchsorted(cumulated, self.uniform(n) * cumulated[-1], side="right").astype(np.int64)
        return found

    def tail(self, n: int, scale: float = 1.0) -> Floats:
        """Pareto numbers ≥ scale with exponent 4/3 (median 1.7, mean 4 times the scale), shape (n,)."""
        root = np.sqrt(1.0 - self.uniform(n))
        return scale / (root * np.sqrt(root))

    def delay(self, scale: float, most: float) -> float:
        """A waiting time below ``most``: about half are below the scale, one in a hundred is 22 times it."""
        beyond = 1.0 / (1.0 + most / (2.414 * scale))
        share = self.one() * (1.0 - beyond * beyond)  # the tail above ``most`` is cut off, not piled up there
        return scale * 2.414 * (1.0 / math.sqrt(1.0 - share) - 1.0)

    def bell(self, n: int) -> Floats:
        """Numbers that are nearly normal, mean 0 and variance 1 (Irwin and Hall: twelve uniforms), shape (n,)."""
        total = np.full(n, -6.0)
        for _ in range(12):
            total += self.uniform(n)
        return total

    def hex(self, digits: int) -> str:
        """Random hexadecimal digits."""
        return "".join("0123456789abcdef"[int(x * 16)] for x in self.uniform(digits).tolist())
