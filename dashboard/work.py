"""What runs, loads and the quarantine come to, as plain rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from dashboard.times import shown
from dashboard.untrusted import one_line
from dashboard.views import Row, number
from graph.findings import Run
from graph.model import Rejected


def stage_rows(run: Run) -> list[Row]:
    """Seconds by stage, in the order they ran, with their part of the whole."""
    whole = run.seconds or 1.0
    return [
        {"Stage": one_line(name), "Seconds": round(s, 3), "Part": f"{min(s / whole, 1):.0%}"}
        for name, s in run.stages.items()
    ]


def count_rows(run: Run) -> list[Row]:
    """What was counted in a run."""
    return [{"Counted": one_line(name).replace("_", " "), "Number": f"{n:,}"} for name, n in run.counts.items()]


def about_rows(run: Run, zone: str | None = None) -> list[Row]:
    """What a run depends on: parameters, inputs, versions."""
    rows = [("Run", run.id), ("Started", shown(run.started_at, zone)), ("Data up to", f"commit {run.data_cut:,}")]
    rows += [("Status", str(run.status)), ("Watch", run.watch or "–"), ("Alerts", f"{len(run.alerts):,}")]
    rows += [(f"Parameter {name}", str(value)) for name, value in sorted(run.params.items())]
    rows += [(f"Input {name}", value) for name, value in sorted(run.inputs.items())]
    rows += [(f"Version of {name}", value) for name, value in sorted(run.versions.items())]
    return [{"What": one_line(what), "Value": one_line(value, 300)} for what, value in rows]


def load_rows(checkpoints: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """What loads remember of how far they came, one row a load."""
    return [
        {"Load": one_line(name, 200), "State": one_line("; ".join(f"{k}: {_short(v)}" for k, v in state.items()), 600)}
        for name, state in sorted(checkpoints.items())
    ]


def _short(value: Any) -> str:
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)[:120]


def reason_rows(rejected: Iterable[Rejected]) -> list[Row]:
    """Rows of the quarantine by type, field and reason, the most frequent first."""
    tally = Counter((r.type, r.field, r.reason) for r in rejected)
    ordered = sorted(tally.items(), key=lambda x: (-x[1], x[0]))
    return [
        {"Rows": n, "Type": one_line(kind or "–"), "Field": one_line(field or "–"), "Reason": one_line(reason, 300)}
        for (kind, field, reason), n in ordered
    ]


def rejected_rows(rejected: Iterable[Rejected]) -> list[Row]:
    """One row each: where it stood, what is wrong, and the row as read (personal values masked)."""
    return [
        {
            "File": one_line(r.source, 200),
            "Line": r.line,
            "Type": one_line(r.type or "–"),
            "Field": one_line(r.field or "–"),
            "Reason": one_line(r.reason, 300),
            "As read": one_line(r.raw, 600),
        }
        for r in rejected
    ]
