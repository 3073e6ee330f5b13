"""Concentration: how much of what members post about tickers (or links) is about the one that they push.

Beside it is what the others do: the share of all other posts with a ticker that name it. A coin that half of
everybody's posts name is therefore no sign, however often members name it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.coaction.actions import ACTIONS
from detectors.coaction.subject import Own, Subject
from graph.model import NodeType

KINDS = (("co_ticker", NodeType.TICKER), ("co_link", NodeType.LINK))


@dataclass(frozen=True)
class Concentration:
    """Members' messages about one object, among theirs about any of its kind.

    Attributes
    ----------
    node : NodeType
        Ticker or link.
    thing : str
        The object that most of the ring's bursts are on.
    about, of : int
        Members' messages about it, and about any.
    usual : float
        Share of it in the messages of all others; in [0, 1].
    keys : tuple of str
        The messages about it.
    """

    node: NodeType
    thing: str
    about: int
    of: int
    usual: float
    keys: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of members' messages, in [0, 1]."""
        return self.about / self.of

    @property
    def excess(self) -> float:
        """How far the share lies above the usual one, of what is left above it; in [0, 1]."""
        return max(self.share - self.usual, 0.0) / max(1 - self.usual, 1e-9)


def concentration(subject: Subject) -> Concentration | None:
    """What members concentrate on; None where no ticker or link is in their bursts."""
    by_layer = {t.stream.action: t for t in subject.ring.togethers}
    for action, node in KINDS:
        together = by_layer.get(action)
        own = next((o for o in subject.own if o.stream.action == action), None)
        if together is not None and own is not None:
            return _of(own, together.by_thing[0][0], node)
    return None


def _of(own: Own, thing: int, node: NodeType) -> Concentration:
    keys = np.array(own.keys, object)
    about = np.unique(keys[own.things == thing])
    every = len(np.unique(keys))
    stream = own.stream
    others = int(stream.null.popularity[thing]) - int((own.things == thing).sum())
    usual = max(others, 0) / max(len(stream.sweep.ids) - every, 1)
    name = ACTIONS[stream.action].of(str(stream.sweep.things[thing]))[1]
    return Concentration(node, name, len(about), every, min(usual, 1.0), tuple(about.tolist()))
