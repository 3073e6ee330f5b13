"""What became of a file's rows: how many could not be used, why, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graph.model import Rejected
from ingest.direct.table import Table
from ingest.formats.base import Bad
from ingest.validate import Context, unreadable

FIRST_LINES = 5  # of the rows with one reason, those whose lines are told


@dataclass
class Report:
    """Counts of a file's rows."""

    path: str
    format: str
    rows: int = 0
    unusable: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # how many, by reason
    lines: dict[str, list[int]] = field(default_factory=dict)  # where the first of them are
    repeated: int = 0  # messages whose id came again
    rejected: list[Rejected] = field(default_factory=list)  # all of them, where they were asked for

    def as_dict(self) -> dict[str, Any]:
        """The counts, for machines."""
        return {n: getattr(self, n) for n in ("path", "format", "rows", "unusable", "reasons", "lines", "repeated")}

    def sentences(self) -> Iterator[str]:
        """The counts, for people."""
        if self.unusable:
            yield f"{self.unusable:,} of {self.rows:,} rows could not be used:"
        for reason, count in sorted(self.reasons.items(), key=lambda r: (-r[1], r[0])):
            lines = self.lines.get(reason, [])
            where = f" (line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}{' …' * (count > len(lines))})"
            yield f"  {count:,} × {reason}{where if lines else ''}"


class Rejects:
    """Rows that cannot be used, by their number among the readable ones until their lines are known."""

    def __init__(self, report: Report, *, whole: bool) -> None:
        self.report = report
        self._whole = whole
        self._rows: list[tuple[int, str, str, str]] = []  # row, type, field, reason

    def add(self, row: int, kind: str, name: str, reason: str) -> None:
        """Note a row that was read but cannot be used."""
        seen = self._count(_place(kind, name, reason))
        if self._whole or seen <= FIRST_LINES:
            self._rows.append((row, kind, name, reason))

    def unread(self, bad: Bad, context: Context) -> None:
        """Note a row that could not even be read."""
        self.report.rows += 1
        if self._count(bad.reason) <= FIRST_LINES:
            self.report.lines.setdefault(bad.reason, []).append(bad.line)
        if self._whole:
            self.report.rejected.append(unreadable(bad, context))

    def settle(self, table: Table) -> None:
        """Find the lines, and where asked for the content."""
        placed = table.locate({row for row, *_ in self._rows})
        for row, kind, name, reason in self._rows:
            told = self.report.lines.setdefault(_place(kind, name, reason), [])
            if len(told) < FIRST_LINES:
                told.append(placed[row].line)
            if self._whole:
                at = placed[row]
                self.report.rejected.append(Rejected(self.report.path, at.line, kind, name, reason, at.raw, ""))
        self.report.rejected.sort(key=lambda r: r.line)

    def _count(self, reason: str) -> int:
        self.report.unusable += 1
        self.report.reasons[reason] = self.report.reasons.get(reason, 0) + 1
        return self.report.reasons[reason]


def _place(kind: str, name: str, reason: str) -> str:
    return f"{kind}.{name}: {reason}" if name else reason
