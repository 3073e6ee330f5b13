"""What a load did: by file, by table, and in words."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from graph.store import Written
from ingest.validate import Valid

EXAMPLES = 20
REASONS = 20  # distinct reasons a report lists; the quarantine has them all
Status = Literal["loaded", "resumed", "already loaded", "failed"]


@dataclass(frozen=True)
class Progress:
    """How far the file under way is."""

    path: Path
    rows: int
    bytes: int
    total_bytes: int


@dataclass
class FileReport:
    """One file."""

    path: str
    format: str = ""
    status: Status = "loaded"
    rows: int = 0  # records read this time, valid or not (one row of a mapped table may yield several)
    resumed_after: int = 0  # line or row after which an interrupted load went on
    tables: dict[str, Written] = field(default_factory=dict)
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # why rows were rejected: "type.field: reason" → rows
    corrections: int = 0  # ids that came again in this file with other content; the last won
    corrections_exact: bool = True  # False: at least so many
    correction_examples: list[str] = field(default_factory=list)
    repeated: int = 0  # rows equal to another of the same commit, kept once; later ones count as unchanged
    ignored: list[str] = field(default_factory=list)  # columns that no record type knows
    dropped: dict[str, int] = field(default_factory=dict)  # list values that are no ticker, link or hashtag
    error: str | None = None

    def saw(self, valid: Valid) -> None:
        """Count what was read."""
        self.rows += valid.rows
        self.rejected += len(valid.rejected)
        for row in valid.rejected:
            place = ".".join(p for p in (row.type, row.field) if p)
            reason = f"{place}: {row.reason}" if place else row.reason
            if reason not in self.reasons and len(self.reasons) >= REASONS:
                reason = "other reasons"
            self.reasons[reason] = self.reasons.get(reason, 0) + 1
        self.ignored = sorted({*self.ignored, *valid.ignored})[:100]
        for name, count in valid.dropped.items():
            self.dropped[name] = self.dropped.get(name, 0) + count
        self.repeated += valid.repeated
        self.correct(valid.corrections)

    def correct(self, keys: list[str]) -> None:
        """Count ids that came again."""
        self.corrections += len(keys)
        self.correction_examples = (self.correction_examples + keys)[:EXAMPLES]

    def wrote(self, table: str, written: Written) -> None:
        """Count what was written."""
        self.tables.setdefault(table, Written()).add(written)

    def lines(self) -> list[str]:
        """The file in words."""
        head = f"{self.path}: {self.status}"
        if self.status == "resumed":
            head += f" after {self.resumed_after:,}"
        if self.status in {"loaded", "resumed"} or self.rows:
            head += f", {self.rows:,} records" + (f" ({self.format})" if self.format else "")
        if self.status == "loaded" and not self.rows:
            head += ": the file is empty"
        out = [head]
        out += [
            f"  {name}: {w.new:,} new, {w.changed:,} changed, {w.unchanged:,} unchanged"
            for name, w in sorted(self.tables.items())
        ]
        if self.corrections:
            least = "" if self.corrections_exact else "at least "
            examples = ", ".join(self.correction_examples[:3])
            out.append(f"  {least}{self.corrections:,} ids came again with other content; the last won ({examples} …)")
        if self.repeated:
            out.append(f"  rows that repeat another, kept once: {self.repeated:,}")
        if self.rejected:
            out.append(f"  rows in the quarantine: {self.rejected:,}")
            out += [f"    {n:,} × {reason}" for reason, n in sorted(self.reasons.items(), key=lambda x: -x[1])[:5]]
        if self.dropped:
            said = ", ".join(f"{n:,} in {name}" for name, n in sorted(self.dropped.items()))
            out.append(f"  left out of lists, being no ticker, link or hashtag: {said}")
        if self.ignored:
            out.append(f"  columns not used: {', '.join(self.ignored[:12])}{' …' if len(self.ignored) > 12 else ''}")
        if self.error:
            out.append(f"  error: {self.error}")
        return out


@dataclass
class LoadReport:
    """One call of :func:`ingest.load.load`."""

    files: list[FileReport] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """Rows read."""
        return sum(f.rows for f in self.files)

    @property
    def rejected(self) -> int:
        """Rows put in the quarantine."""
        return sum(f.rejected for f in self.files)

    @property
    def corrections(self) -> int:
        """Ids that came again in a file with other content."""
        return sum(f.corrections for f in self.files)

    @property
    def failed(self) -> list[FileReport]:
        """Files that could not be read to their end."""
        return [f for f in self.files if f.status == "failed"]

    @property
    def tables(self) -> dict[str, Written]:
        """What was written, by table."""
        total: dict[str, Written] = {}
        for file in self.files:
            for name, written in file.tables.items():
                total.setdefault(name, Written()).add(written)
        return total

    def to_json(self) -> str:
        """The report with its totals as one JSON object."""
        raw: dict[str, Any] = dataclasses.asdict(self)
        raw |= {"rows": self.rows, "rejected": self.rejected, "corrections": self.corrections}
        raw |= {"failed": len(self.failed), "tables": {n: dataclasses.asdict(w) for n, w in self.tables.items()}}
        return orjson.dumps(raw, default=str).decode()

    def summary(self) -> list[str]:
        """The report in words, a line each."""
        out = [line for file in self.files for line in file.lines()]
        if len(self.files) > 1:
            w = Written()
            for written in self.tables.values():
                w.add(written)
            out.append(
                f"{len(self.files)} files, {len(self.failed)} failed: {self.rows:,} records, {w.new:,} new, "
                f"{w.changed:,} changed, {w.unchanged:,} unchanged, {self.rejected:,} rejected"
            )
        return out
