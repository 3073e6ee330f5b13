"""Files as the loader would take them: read by their format, validated, as plain rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph.errors import IngestError
from graph.model import Rejected
from ingest.files import head
from ingest.formats.base import Options, choose
from ingest.validate import Context, validate_block


@dataclass
class Outcome:
    """What became of a file."""

    format: str
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    error: IngestError | None = None
    ends: list[int] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Chosen columns of a table's rows."""
        return [tuple(row[c] for c in columns) for row in self.tables.get(table, [])]

    def reasons(self) -> list[str]:
        """Why rows were refused, in order."""
        return [row.reason for row in self.rejected]


def outcome(path: Path, options: Options | None = None, wanted: str | None = None, skip: int = 0) -> Outcome:
    """Read a file with the format that recognises it, or the one wanted."""
    options = options or Options()
    format_ = choose(head(path), wanted)
    result = Outcome(format_.name)
    context = Context(str(path), options.platform, options.venue)
    try:
        for block in format_.read(path, options, skip):
            result.ends.append(block.end)
            valid = validate_block(block, context)
            for table, batch in valid.tables:
                result.tables.setdefault(table, []).extend(batch.to_pylist())
            result.rejected += valid.rejected
            result.ignored |= valid.ignored
    except IngestError as e:
        result.error = e
    return result
