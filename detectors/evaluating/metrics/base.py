"""What a metric is, and how metrics are found.

A metric is one module in this folder with a concrete subclass of :class:`Metric`; third parties use the entry point
``lockstep.metrics``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from detectors.evaluating import metrics
from detectors.evaluating.case import Case, Figure
from graph.plugins import plugins


@dataclass(frozen=True)
class Section:
    """What a metric says.

    Attributes
    ----------
    figures : sequence of Figure
        Its numbers.
    columns, rows : sequences
        A table beside them; empty for none.
    notes : sequence of str
        How to read this result.
    picture : str
        An SVG document; empty for none.
    """

    figures: Sequence[Figure] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    notes: Sequence[str] = ()
    picture: str = ""


class Metric(ABC):
    """One thing asked of findings and scores."""

    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]  # how to read it
    order: ClassVar[int]  # place in a report

    @abstractmethod
    def measure(self, case: Case) -> Section:
        """What it comes to; an empty section where the data say nothing of it."""


def discover() -> list[Metric]:
    """Every metric, in the order of a report."""
    return sorted(plugins(metrics, Metric, "lockstep.metrics").values(), key=lambda m: (m.order, m.name))
