"""Alerts a day: what reviewers would be given to work on."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np

from detectors.evaluating.case import Case, Figure
from detectors.evaluating.metrics.base import Metric, Section
from detectors.evaluating.resampling import Floats
from graph.findings import Priority


class Alerts(Metric):
    """New rings a day of the data, by priority."""

    name = "alerts"
    title = "Alerts a day"
    about = (
        "Rings that nothing supersedes, on the day of their last act (no alert can be earlier), over the days of the "
        "data; each ring once. The interval is over days. False ones are those known to be wrong. A capped alert "
        "queue shows fewer: this is what there is to be shown."
    )
    order = 60

    def measure(self, case: Case) -> Section:
        """Means over days."""
        days = _days(case)
        if not days:
            return Section(notes=("there are no dated posts",))
        place = {day: i for i, day in enumerate(days)}
        kept = [(f, t) for f, t in zip(case.findings, case.truth, strict=True) if f.window.end.date() in place]
        figures: list[Figure] = []
        sides = [("any priority", [f for f, _ in kept])]
        sides += [(str(p), [f for f, _ in kept if f.priority is p]) for p in Priority]
        sides.append(("known to be wrong", [f for f, t in kept if t == 0]))
        for name, some in sides:
            count = Counter(place[f.window.end.date()] for f in some)
            daily = np.array([count[i] for i in range(len(days))], float)

            def mean(weight: Floats, daily: Floats = daily) -> dict[str, float | None]:
                return {"a day": float(np.average(daily, weights=weight))}

            said = case.said(mean, np.arange(len(days)), len(some))
            figures += [Figure(f"{name} {x.name}", x.value, x.low, x.high, x.of, "alerts") for x in said]
        return Section(figures, notes=(f"{len(days):,} days of posts",))


def _days(case: Case) -> list[date]:
    if case.span is None:
        return []
    first, last = (t.date() for t in case.span)
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]
