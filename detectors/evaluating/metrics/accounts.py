"""Accounts: whether those flagged are the right ones, and whether scores put them first."""

from __future__ import annotations

import numpy as np

from detectors.evaluating.case import Case, Figure
from detectors.evaluating.metrics.base import Metric, Section
from detectors.evaluating.resampling import Floats


class Accounts(Metric):
    """Precision, recall and F1 of being named; average precision and AUC of scores."""

    name = "accounts"
    title = "Accounts"
    about = (
        "Flagged: a finding names it as core or amplifier. Precision, recall and F1 are of that; average precision "
        "(AP) and AUC are of scores. Labelled only: unlabelled accounts are left out, which flatters precision "
        "where labels were chosen. All: unlabelled accounts count as innocent, which is a lower bound of precision."
    )
    order = 10

    def measure(self, case: Case) -> Section:
        """Both ways of counting unlabelled accounts."""
        known = case.label >= 0
        if not (case.label == 1).any():
            return Section(notes=("no account is labelled as one that ought to be flagged",))
        figures = [*_figures(case, known, "labelled only: ")]
        if not known.all():
            figures += _figures(case, np.ones(len(known), bool), "all: ")
        unlabelled = int((~known).sum())
        notes = [f"{int((case.label == 1).sum()):,} ought to be flagged, {int((case.label == 0).sum()):,} ought not"]
        notes.append(f"{unlabelled:,} are unlabelled")
        if case.apart:
            notes.append(f"{len(case.apart):,} are in rings of kinds not asked about, and count neither way")
        if case.scores is None:
            notes.append("scores are the highest an account has as a member of a finding, 0 where none names it")
        return Section(figures, notes=notes)


def _figures(case: Case, rows: np.ndarray[tuple[int], np.dtype[np.bool_]], prefix: str) -> list[Figure]:
    from sklearn.metrics import average_precision_score, precision_recall_fscore_support, roc_auc_score

    label, flagged, score = case.label[rows] == 1, case.flagged[rows], case.score[rows]

    def figures(weight: Floats) -> dict[str, float | None]:
        some = weight > 0
        y, p, s, w = label[some], flagged[some], score[some], weight[some]
        if not y.any():
            return {}
        precision, recall, f1, _ = precision_recall_fscore_support(
            y, p, average="binary", sample_weight=w, zero_division=0.0
        )
        return {
            "precision": float(precision) if p.any() else None,
            "recall": float(recall),
            "F1": float(f1),
            "AP": float(average_precision_score(y, s, sample_weight=w)),
            "AUC": None if y.all() else float(roc_auc_score(y, s, sample_weight=w)),
        }

    return case.said(figures, case.group[rows], len(label), prefix)
