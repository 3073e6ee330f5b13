"""Rings: whether each known group is found, whole, and by itself."""

from __future__ import annotations

import numpy as np

from detectors.evaluating.case import Case
from detectors.evaluating.matching import Match, Outcome
from detectors.evaluating.metrics.base import Metric, Section
from detectors.evaluating.resampling import Floats


class Rings(Metric):
    """Each known group beside the finding most like it."""

    name = "rings"
    title = "Rings"
    about = (
        "Each group that ought to be flagged beside the finding most like it. Found: one finding names at least half "
        "of it; partly: findings name two or more of it. F1 and Jaccard are of members, 0 for a group that is missed. "
        "Split: several findings are mostly of it. Merged: its finding names half of another group as well."
    )
    order = 30

    def measure(self, case: Case) -> Section:
        """Means over groups, and the groups."""
        found = [m for m in case.matches if m.group.positive]
        if not found:
            return Section(notes=("the labels name no group that ought to be flagged",))
        columns = {
            "found": [m.outcome is Outcome.FOUND for m in found],
            "partly found": [m.outcome is Outcome.PARTLY for m in found],
            "missed": [m.outcome is Outcome.MISSED for m in found],
            "split": [m.split > 1 for m in found],
            "merged": [bool(m.merged) for m in found],
            "member F1": [m.best.f1 for m in found],
            "member Jaccard": [m.best.jaccard for m in found],
        }
        values = {name: np.asarray(column, float) for name, column in columns.items()}

        def figures(weight: Floats) -> dict[str, float | None]:
            return {name: float(np.average(v, weights=weight)) for name, v in values.items()}

        rows = [
            (m.group.id, m.outcome, m.best.shared, len(m.group.members), round(m.best.f1, 3), m.finding[:10], *_how(m))
            for m in found
        ]
        head = ("group", "outcome", "members", "of", "F1", "finding", "", "source says")
        return Section(case.said(figures, np.arange(len(found)), len(found)), head, rows)


def _how(found: Match) -> tuple[str, str]:
    """Whether it is in several findings or with other groups; and what the source says."""
    parts = [f"in {found.split} findings"] if found.split > 1 else []
    return "; ".join([*parts, *(f"with {g}" for g in found.merged)]), found.group.why
