"""What a benchmark reports: figures with their interval and target, and the machine they were measured on."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import psutil


@dataclass(frozen=True)
class Result:
    """One figure; ``met`` is None where there is no target."""

    name: str
    value: float
    unit: str
    target: float | None = None
    met: bool | None = None
    low: float | None = None
    high: float | None = None

    def as_dict(self) -> dict[str, object]:
        """Plain values, rounded to four digits."""
        return {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in asdict(self).items()}


def at_least(name: str, values: Sequence[float], unit: str, target: float | None = None) -> Result:
    """The median of repeated measurements with their range, against a target it should reach."""
    middle = statistics.median(values)
    return Result(name, middle, unit, target, None if target is None else middle >= target, min(values), max(values))


def at_most(name: str, values: Sequence[float], unit: str, target: float | None = None) -> Result:
    """The same, against a target it should stay under."""
    middle = statistics.median(values)
    return Result(name, middle, unit, target, None if target is None else middle <= target, min(values), max(values))


def p95(values: Sequence[float]) -> float:
    """The 95th percentile; of few values the largest."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def tail(name: str, values: Sequence[float], target: float | None = None) -> Result:
    """The 95th percentile of milliseconds, with their range."""
    at = p95(values)
    return Result(name, at, "ms", target, None if target is None else at < target, min(values), max(values))


def machine() -> dict[str, object]:
    """What the figures were measured on, and how busy it was before."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": [round(x, 2) for x in os.getloadavg()],
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
