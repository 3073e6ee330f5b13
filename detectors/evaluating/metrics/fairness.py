"""Fairness: who is flagged wrongly, by language and by script."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from detectors.evaluating.case import Case, Figure
from detectors.evaluating.metrics.base import Metric, Section
from detectors.evaluating.people import UNKNOWN
from detectors.evaluating.resampling import Floats

LEAST = 20  # accounts from which a language or script has a line of its own
OTHERS = "others"


class Fairness(Metric):
    """False-positive rates by language and script."""

    name = "fairness"
    title = "Who is flagged wrongly"
    about = (
        "Of accounts that ought not to be flagged, the share that a finding names as core or amplifier, by the "
        "language of the profile or of most posts and by the script of most letters written. All: unlabelled accounts "
        "count as innocent. A rate whose interval lies above the rate of everybody asks for a look at what the "
        "detectors go by there. Intervals are the wider of a bootstrap over rings and Wilson's (1927) over accounts. "
        f"Languages and scripts of fewer than {LEAST} accounts are counted together as {OTHERS}."
    )
    order = 70

    def measure(self, case: Case) -> Section:
        """Rates with intervals, labelled accounts apart and all accounts."""
        figures: list[Figure] = []
        for prefix, rows in (("labelled only: ", case.label == 0), ("all: ", case.label != 1)):
            if rows.any():
                figures += _everybody(case, rows, prefix)
        return Section(figures) if figures else Section(notes=("no account is known to be innocent",))


def _everybody(case: Case, rows: np.ndarray[tuple[int], np.dtype[np.bool_]], prefix: str) -> list[Figure]:
    flagged = case.flagged[rows].astype(float)
    names = [n for n, kept in zip(case.names, rows, strict=True) if kept]
    sides = {"everybody": np.ones(len(names), bool)}
    for what, known in (("language", case.people.language), ("script", case.people.script)):
        sides |= {f"{what} {value}": of for value, of in _parts(names, known).items()}

    def figures(weight: Floats) -> dict[str, float | None]:
        return {
            name: float(np.average(flagged[of], weights=weight[of])) if weight[of].any() else None
            for name, of in sides.items()
        }

    group = np.asarray(np.unique(case.group[rows], return_inverse=True)[1], np.int64)
    return [_rate(prefix, f, flagged[sides[f.name]]) for f in case.said(figures, group, len(names))]


def _rate(prefix: str, figure: Figure, flagged: Floats) -> Figure:
    """With the wider of two intervals: none flagged of a few is no proof that none would be."""
    from scipy.stats import binomtest

    ends = binomtest(int(flagged.sum()), len(flagged)).proportion_ci(method="wilson")
    low, high = (x if x is not None else float("nan") for x in (figure.low, figure.high))
    return Figure(
        prefix + figure.name, figure.value, float(np.fmin(low, ends.low)), float(np.fmax(high, ends.high)), len(flagged)
    )


def _parts(names: list[str], known: Mapping[str, str]) -> dict[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    values = np.array([known.get(n, UNKNOWN) for n in names])
    found, counts = np.unique(values, return_counts=True)
    large = [str(v) for v, c in zip(found, counts, strict=True) if c >= LEAST]
    parts = {value: values == value for value in large}
    rest = ~np.isin(values, large)
    return parts | ({OTHERS: rest} if rest.any() else {})
