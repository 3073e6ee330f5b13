"""Objects that everybody uses: what their pairs would cost, and the record that says they were not enumerated.

An object on which n events lie at a rate r costs n · r · 2W in-window pairs, and says little about any two of its
accounts. Above a stated rate it is therefore not enumerated; pairs that something rarer proposed are still counted on
it (:meth:`detectors.coaction.sweep.Sweep.given`), at the cost of those accounts' own events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.coaction.coded import Events, still
from detectors.coaction.edges import Ints


@dataclass(frozen=True)
class Hubs:
    """Which objects are not enumerated.

    Parameters
    ----------
    per_window : float
        An object is a hub if its events have, on average, more than this many other events of it in their windows
        (events; about its rate times twice the window). No sweep then walks more than ``per_window`` + 1 pairs an
        event, whatever the data.
    """

    per_window: float = 5_000.0

    def __post_init__(self) -> None:
        if not self.per_window >= 0:
            raise ValueError(f"per_window is {self.per_window}, less than 0")


@dataclass(frozen=True)
class Hub:
    """An object that was not enumerated.

    Parameters
    ----------
    code : int
        Among the sweep's objects.
    key : str
        The object.
    events : int
        How many events it has.
    share : float
        Its part of all messages, in (0, 1].
    per_window : float
        How many other events of it an event has in its window on average.
    """

    code: int
    key: str
    events: int
    share: float
    per_window: float

    def __str__(self) -> str:
        return self.sentence()

    def sentence(self, name: str | None = None) -> str:
        """What a finding says of it, with the object called ``name`` ("$BTC") where its key is not what people read."""
        return f"{name or self.key} skipped: {100 * self.share:.3g} % of all posts"


def split(
    events: Events, begin: Ints, keys: Sequence[object], width: int, hubs: Hubs | None
) -> tuple[Events, Events | None, tuple[Hub, ...]]:
    """Events to enumerate, those on hubs (None: there are no hubs), and the hubs, most events first.

    Parameters
    ----------
    begin : ndarray, shape (n_objects + 1,)
        Where each object's events begin.
    keys : sequence
        Of the objects, by code.
    width : int
        Window in µs.
    """
    counts = np.diff(begin)
    large = np.zeros(len(counts), bool) if hubs is None else counts > hubs.per_window + 1
    if hubs is None or not large.any():
        return events, None, ()
    from detectors.coaction import kernels

    chosen = np.flatnonzero(large[events.objects]).astype(np.int32)
    reach = np.empty((len(chosen), 2), np.int32)
    kernels.windows(events.objects, events.times, begin, still(chosen), width, reach, 0)
    others = np.bincount(events.objects[chosen], weights=reach[:, 1] - reach[:, 0] - 1, minlength=len(counts))
    rate = others / np.maximum(counts, 1)
    codes = np.flatnonzero(large & (rate > hubs.per_window))
    if not len(codes):
        return events, None, ()
    on_hub = np.isin(events.objects, codes)
    posts = np.count_nonzero(np.bincount(events.messages))
    found = []
    for code in codes.tolist():
        own = np.unique(events.messages[begin[code] : begin[code + 1]])
        found.append(Hub(code, str(keys[code]), int(counts[code]), len(own) / posts, float(rate[code])))
    ordered = sorted(found, key=lambda h: (-h.events, h.code))
    return events.take(~on_hub), events.take(on_hub), tuple(ordered)
