"""Calibration: whether a score of .8 is right eight times of ten."""

from __future__ import annotations

import numpy as np

from detectors.evaluating.case import Case, Figure
from detectors.evaluating.metrics.base import Metric, Section
from detectors.evaluating.pictures import reliability_plot
from detectors.evaluating.resampling import Floats
from detectors.scoring.calibration import calibration_error, reliability
from detectors.scoring.ranking import UNCALIBRATED


class Calibration(Metric):
    """Reliability of findings' and accounts' scores."""

    name = "calibration"
    title = "Calibration"
    about = (
        "Scores in bins of about equal size, beside the share that was right. ECE, the expected calibration error, is "
        "the mean distance of the two; Brier's score the mean squared distance of score and truth (0 is best; one "
        "score for all, the share that is right, gives p(1 − p)). A score that is an uncalibrated rank claims no "
        "share: its ECE says how far it is from one. Only what is labelled or decided is looked at."
    )
    order = 40

    def measure(self, case: Case) -> Section:
        """Findings, then accounts."""
        truth = np.array(case.truth, int)
        score = np.array([f.score for f in case.findings])
        known, labelled = truth >= 0, case.label >= 0
        figures, rows, curves = [], [], {}
        sides = (
            ("findings", score[known], truth[known] == 1, case.clusters[known]) if len(truth) else None,
            ("accounts", case.score[labelled], case.label[labelled] == 1, case.group[labelled]),
        )
        for what, said, was, group in [side for side in sides if side is not None]:
            if not len(said):
                continue
            figures += _figures(case, said, was, group, f"{what}: ")
            curves[what] = reliability(said, was)
            rows += [
                [what, f"{b.low:.3f} … {b.high:.3f}", f"{b.said:.3f}", f"{b.was:.3f}", int(b.count)]
                for b in curves[what]
            ]
        uncalibrated = sum(f.score_means == UNCALIBRATED for f in case.findings)
        notes = (f"{uncalibrated:,} of {len(case.findings):,} findings have an uncalibrated rank as their score",)
        picture = reliability_plot(curves) if curves else ""
        return Section(figures, ("of", "score", "mean score", "share right", "count"), rows, notes, picture)


def _figures(
    case: Case,
    said: Floats,
    was: np.ndarray[tuple[int], np.dtype[np.bool_]],
    group: np.ndarray[tuple[int], np.dtype[np.int64]],
    prefix: str,
) -> list[Figure]:
    from sklearn.metrics import brier_score_loss

    packed = np.asarray(np.unique(group, return_inverse=True)[1], np.int64)

    def figures(weight: Floats) -> dict[str, float | None]:
        some = weight > 0
        y, s, w = was[some], said[some], weight[some]
        if not len(y):
            return {}
        return {
            "ECE": calibration_error(reliability(s, y, w)),
            "Brier": float(brier_score_loss(y, s, sample_weight=w, pos_label=True)),
            "Brier of one score for all": float(np.average(y, weights=w) * (1 - np.average(y, weights=w))),
        }

    return case.said(figures, packed, len(said), prefix)
