"""Pumps: which of those known to have happened were called, and how early."""

from __future__ import annotations

import numpy as np

from detectors.evaluating.case import NEAR, Case
from detectors.evaluating.metrics.base import Metric, Section
from detectors.evaluating.resampling import Floats


class Pumps(Metric):
    """Recall of known pumps."""

    name = "pumps"
    title = "Known pumps"
    about = (
        "Of pumps that events say happened, the share for which a finding names the ticker and whose window ends "
        "within a day of it; and the share whose finding's evidence begins before the pump. Events are no list of all "
        "pumps: what they do not name is not wrong for that."
    )
    order = 35

    def measure(self, case: Case) -> Section:
        """Recall, and the pumps that were missed."""
        pumps = list(case.labels.pumps)
        if not pumps:
            return Section()
        hit, before, rows = [], [], []
        for ticker, at in pumps:
            about = [
                f for f in case.findings if ticker in f.tickers and f.window.start - NEAR <= at <= f.window.end + NEAR
            ]
            hit.append(bool(about))
            before.append(any(f.window.start < at for f in about))
            if not about:
                rows.append([f"${ticker}", f"{at:%Y-%m-%d %H:%M}"])
        values = {"recall": np.array(hit, float), "recall, evidence before the pump": np.array(before, float)}

        def figures(weight: Floats) -> dict[str, float | None]:
            return {name: float(np.average(v, weights=weight)) for name, v in values.items()}

        return Section(case.said(figures, np.arange(len(pumps)), len(pumps)), ("missed", "at"), rows)
