"""Findings: how many are true, and whether the true ones come first."""

from __future__ import annotations

import numpy as np

from detectors.evaluating.case import Case, Figure
from detectors.evaluating.metrics.base import Metric, Section
from detectors.evaluating.resampling import Floats
from graph.findings import ranked


class Findings(Metric):
    """Precision of findings, average precision and AUC of their scores, precision at k."""

    name = "findings"
    title = "Findings"
    about = (
        "True: people confirmed its ring; else a known pump of its ticker lies within a day of it; else at least half "
        "of its core and amplifiers that are labelled ought to be flagged. Precision at k takes the first k findings "
        "by priority and score, k being the number of groups that ought to be found."
    )
    order = 20

    def measure(self, case: Case) -> Section:
        """Both ways of counting findings of which nothing is known."""
        truth = np.array(case.truth, int)
        if not len(truth):
            return Section(notes=("there are no findings",))
        score = np.array([f.score for f in case.findings])
        known = truth >= 0
        figures = _figures(case, truth[known] == 1, score[known], case.clusters[known], "known only: ")
        if not known.all():
            figures += _figures(case, truth == 1, score, case.clusters, "all, the others as wrong: ")
        k = sum(g.positive for g in case.labels.groups)
        if k:
            true = dict(zip((f.id for f in case.findings), truth, strict=True))
            first = [true[f.id] for f in ranked(case.findings)[:k]]
            figures.append(Figure(f"precision at {k}", sum(t == 1 for t in first) / k, of=len(first)))
        verdicts = sum(f.lineage_id in case.labels.verdicts for f in case.findings)
        notes = (f"{len(truth):,} findings; {int((~known).sum()):,} of unknown truth; {verdicts:,} decided by people",)
        return Section(figures, notes=notes)


def _figures(
    case: Case,
    true: np.ndarray[tuple[int], np.dtype[np.bool_]],
    score: Floats,
    group: np.ndarray[tuple[int], np.dtype[np.int64]],
    prefix: str,
) -> list[Figure]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    def figures(weight: Floats) -> dict[str, float | None]:
        some = weight > 0
        y, s, w = true[some], score[some], weight[some]
        if not len(y):
            return {}
        both = y.any() and not y.all()
        return {
            "precision": float(np.average(y, weights=w)),
            "AP": float(average_precision_score(y, s, sample_weight=w)) if y.any() else None,
            "AUC": float(roc_auc_score(y, s, sample_weight=w)) if both else None,
        }

    return case.said(figures, _packed(group), len(true), prefix) if len(true) else []


def _packed(group: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.asarray(np.unique(group, return_inverse=True)[1], np.int64)
