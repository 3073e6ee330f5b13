"""Time to detection: how long a group acted before a finding named it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from detectors.evaluating.case import Case, Figure
from detectors.evaluating.matching import HALF, Group, named, overlap
from detectors.evaluating.metrics.base import Metric, Section
from detectors.evaluating.resampling import Floats
from graph.findings import Finding, Status


class Delay(Metric):
    """From a group's first act to the first finding that names half of it."""

    name = "delay"
    title = "Time to detection"
    about = (
        "From the first act of a group (as its source says; else as the finding's evidence shows) to the first "
        "recorded finding that names at least half of it. The finding's time is that of the newest post its data cut "
        "knew: data loaded at once are known at their end, so only data loaded as they came, or a backtest, say "
        "something here. Groups that were never found are counted, and not in the median."
    )
    order = 50

    def measure(self, case: Case) -> Section:
        """Hours, by group."""
        groups = [g for g in case.labels.groups if g.positive]
        live = sorted((f for f in case.every if f.status is Status.LIVE), key=lambda f: (f.data_cut, f.id))
        waits, rows = [], []
        for group in groups:
            first = _first(group, live)
            known = case.cuts.get(first.data_cut) if first else None
            if first is None or known is None:
                continue
            began = group.start or first.window.start
            waits.append(max((known - began).total_seconds() / 3600, 0.0))
            source = "source" if group.start else "evidence"
            rows.append([group.id, _stamp(began), source, _stamp(known), round(waits[-1], 1), first.id[:10]])
        if not waits:
            return Section(notes=("no group with a known first act was found",) if groups else ())
        values = np.array(waits)

        def figures(weight: Floats) -> dict[str, float | None]:
            drawn = np.repeat(values, weight.astype(int))
            return {"median": float(np.median(drawn))}

        said = case.said(figures, np.arange(len(values)), len(values))
        notes = (f"{len(groups) - len(waits):,} of {len(groups):,} groups were never found",)
        head = ("group", "first act", "as said by", "known", "hours", "finding")
        return Section([_hours(f) for f in said], head, rows, notes)


def _first(group: Group, findings: Sequence[Finding]) -> Finding | None:
    return next((f for f in findings if overlap(named(f), group.members).recall >= HALF), None)


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _hours(figure: Figure) -> Figure:
    return replace(figure, unit="h")
