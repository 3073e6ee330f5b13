"""Layers judged each by itself, their p-values combined: the other way of joining them than counting them as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from detectors.coaction.fusion import brown, cauchy, null_covariance
from detectors.coaction.surprisal import KEPT, Floats, Pairs, Surprisal
from detectors.coaction.sweep import Ints, Longs


class Fused:
    """Pairs of all layers with a combined rarity; stands where a :class:`Surprisal` does when chance is judged.

    Parameters
    ----------
    surprisal : Surprisal
        All layers.
    method : str
        ``cauchy`` or ``brown``. One dataset drawn under the null gives Brown's covariances, and the rarity from which
        pairs are looked at.
    seed : int
        Of that dataset.
    """

    def __init__(self, surprisal: Surprisal, method: str, seed: int = 0) -> None:
        if method not in {"cauchy", "brown"}:
            raise ValueError(f"no fusion {method!r}: joint, cauchy or brown")
        self._parts = [surprisal.layer(number) for number in range(len(surprisal.layers))]
        self.count, self.floor, self.messages = surprisal.count, 0.0, surprisal.messages
        self._covariance: Floats | None = None
        drawn = self.messages.dealt(seed, 2**31)
        if method == "brown":
            p, *_ = self._met(drawn)
            self._covariance = null_covariance(p, self.count * (self.count - 1) // 2)
        rarity = self.pairs(drawn).rarity
        if len(rarity) > KEPT:
            self.floor = float(np.partition(rarity, -round(KEPT))[-round(KEPT)])

    def pairs(self, dealt: Longs | None = None, floor: float | None = None) -> Pairs:
        """Pairs at least as rare as ``floor`` (nats) when their layers are combined."""
        return self._combined(self._met(dealt), self.floor if floor is None else floor)

    def among(self, codes: Ints, without: Iterable[int] = ()) -> Pairs:
        """Pairs of some accounts, as rare as they would be without their events on some objects.

        As :meth:`Surprisal.among` says.
        """
        gone = list(without)
        return self._combined(self._joined([part.among(codes, gone) for part in self._parts]), 0.0)

    def _combined(self, met: tuple[Floats, Longs, Floats, Ints], floor: float) -> Pairs:
        p, keys, surprise, occasions = met
        chance = cauchy(p) if self._covariance is None else brown(p, self._covariance)
        rarity = -np.log(chance) if len(keys) else np.empty(0)
        size = max(self.count, 1)
        source, target = (keys // size).astype(np.int32), (keys % size).astype(np.int32)
        return Pairs(source, target, rarity, surprise, occasions).where(rarity >= floor)

    def _met(self, dealt: Longs | None) -> tuple[Floats, Longs, Floats, Ints]:
        """Each pair's p in each layer, the pairs' keys, and their surprise and occasions over all layers."""
        return self._joined([part.pairs(dealt, 0.0) for part in self._parts])

    def _joined(self, found: Sequence[Pairs]) -> tuple[Floats, Longs, Floats, Ints]:
        size = np.int64(max(self.count, 1))
        coded = [met.source * size + met.target for met in found]
        keys = np.unique(np.concatenate([*coded, np.empty(0, np.int64)]))
        p, surprise = np.ones((len(keys), max(len(found), 1))), np.zeros(len(keys))
        occasions = np.zeros(len(keys), np.int32)
        for number, (met, mine) in enumerate(zip(found, coded, strict=True)):
            place = np.searchsorted(keys, mine)
            p[place, number] = met.p
            surprise[place] += met.surprise
            occasions[place] += met.occasions
        return p, keys, surprise, occasions
