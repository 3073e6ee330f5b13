"""An evaluation as plain values and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from detectors.evaluating.case import Case, Figure
from detectors.evaluating.metrics.base import Metric, Section, discover

ROWS = 200  # of a table in Markdown; JSON has all


@dataclass(frozen=True)
class Report:
    """What was found, metric by metric.

    Attributes
    ----------
    about : mapping
        What was judged: detectors, data cut, labels.
    sections : mapping of Metric to Section
        In the order of a report; empty ones are left out.
    """

    about: Mapping[str, str]
    sections: Mapping[Metric, Section] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; numbers that cannot be told are null."""
        return {
            "about": dict(self.about),
            "metrics": {
                m.name: {
                    "title": m.title,
                    "about": m.about,
                    "figures": [{k: _plain(v) for k, v in asdict(f).items()} for f in s.figures],
                    "columns": list(s.columns),
                    "rows": [[_plain(value) for value in row] for row in s.rows],
                    "notes": list(s.notes),
                }
                for m, s in self.sections.items()
            },
        }

    def markdown(self, pictures: Mapping[str, str] | None = None) -> str:
        """A page.

        Parameters
        ----------
        pictures : mapping, optional
            Metric's name → the file that its picture was written to, as the page is to link to it.
        """
        lines = ["# Evaluation", "", *(f"- {cell(k)}: {cell(v)}" for k, v in self.about.items()), ""]
        for metric, section in self.sections.items():
            lines += [f"## {metric.title}", "", metric.about, ""]
            lines += [f"- {cell(note)}" for note in section.notes]
            lines += [""] * bool(section.notes)
            if section.figures:
                lines += [
                    *table(("figure", "value", "95 % interval", "of"), [_figure(f) for f in section.figures]),
                    "",
                ]
            if section.rows:
                lines += [*table(section.columns, section.rows[:ROWS]), ""]
            if len(section.rows) > ROWS:
                lines += [f"… {len(section.rows) - ROWS:,} more (--json has all)", ""]
            if pictures and metric.name in pictures:
                lines += [f"![{metric.title}]({pictures[metric.name]})", ""]
        return "\n".join(lines)


def evaluate(case: Case, about: Mapping[str, str]) -> Report:
    """Every metric that the data say something of."""
    said = {metric: metric.measure(case) for metric in discover()}
    return Report(about, {m: s for m, s in said.items() if s.figures or s.rows or s.notes})


def shown(value: float | None) -> str:
    """Three digits; a dash for what cannot be told."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.3g}" if abs(value) >= 1 else f"{value:.3f}"


def _figure(f: Figure) -> list[object]:
    spread = "" if f.low is None else f"{shown(f.low)} … {shown(f.high)}"
    return [f.name, shown(f.value) + ("" if f.unit == "1" else f" {f.unit}"), spread, f"{f.of:,}"]


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Lines of a table in Markdown."""
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join("" if value is None else cell(value) for value in row) + " |"


def cell(value: object) -> str:
    """Text that stays in its cell, whatever a source wrote."""
    text = " ".join(str(value).split())
    for mark in "\\|`*_[]<>":
        text = text.replace(mark, f"\\{mark}")
    return text


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
