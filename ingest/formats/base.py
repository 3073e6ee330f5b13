"""What a format is: a reader that turns a file's rows into raw columns of record types.

A format is one module in this folder with a concrete subclass of :class:`Format`; third parties use the entry point
``lockstep.formats``. A format does not validate: it names columns as :mod:`ingest.records` does, passes values on as
they are, and reports rows it cannot read. It streams: never more than :data:`BLOCK_ROWS` rows or about
:data:`BLOCK_BYTES` bytes are held at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import orjson
import pyarrow as pa

from graph.errors import FormatUnknown
from graph.plugins import plugins
from ingest import formats

BLOCK_ROWS = 20_000
BLOCK_BYTES = 8_000_000
MAX_LINE = 4_000_000  # bytes; a longer line is rejected without being held

Values: TypeAlias = Any  # a sequence, or an Arrow array: len() and [] is all that is asked of it


@dataclass(frozen=True)
class Head:
    """What sniffing looks at: the name without compression suffix and the first bytes, decompressed."""

    path: Path
    name: str  # "posts.jsonl" for "posts.jsonl.gz"
    start: bytes  # up to 64 KiB


@dataclass(frozen=True)
class Options:
    """How the user said that the file is to be read."""

    type: str | None = None  # record type, where the file does not say
    platform: str = "local"  # scope of account and post ids, where the file does not say
    mapping: Mapping[str, Any] | None = None  # a parsed mapping file
    venue: str | None = None  # market data: exchange, where the file does not say


@dataclass(frozen=True)
class Bad:
    """A row that a format could not read; ``raw`` is cut to a bounded length by the format."""

    line: int
    reason: str
    raw: str
    field: str = ""
    type: str = ""


@dataclass
class Records:
    """Raw columns of one record type.

    ``columns`` all have ``len(lines)`` values, None where absent. ``lines[i]`` is the 1-based line (text) or row
    (Parquet) that row i came from. ``raw`` gives, for a row index, the text that goes to the quarantine if that row is
    invalid; it is called for bad rows only.
    """

    type: str
    columns: dict[str, Values]
    lines: Sequence[int]

    def raw(self, row: int) -> str:
        """The row as JSON, for the quarantine; formats that still have the original text override it."""
        values = {}
        for name, column in self.columns.items():
            value = column[row]
            values[name] = value.as_py() if isinstance(value, pa.Scalar) else value
        return orjson.dumps(values, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


@dataclass
class Block:
    """A bounded piece of a file, kept or lost as a whole: its records and bad rows, and where it ends."""

    end: int  # rows or lines of the file consumed up to here; a load resumes after it
    records: list[Records] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)


class Format(ABC):
    """One file format."""

    name: ClassVar[str]
    about: ClassVar[str]  # one sentence for --help and docs
    types: ClassVar[tuple[str, ...]]  # record types it can yield

    @abstractmethod
    def sniff(self, head: Head) -> float:
        """How sure this format is that the file is its own: 0 (no) … 1 (its own signature)."""

    @abstractmethod
    def read(self, path: Path, options: Options, skip: int = 0) -> Iterator[Block]:
        """Read the file in blocks, leaving out everything up to the position ``skip`` (an earlier block's ``end``).

        The blocks are the same at every reading of the same bytes, whatever was skipped.

        Raises
        ------
        IngestError
            The file as a whole cannot be read (not there, not permitted, not of this format, truncated archive). Blocks
            yielded before stay loaded, and the report says so.
        """


def discover() -> dict[str, Format]:
    """Every format by name: this folder's modules, then entry points ``lockstep.formats``."""
    found: dict[str, Format] = plugins(formats, Format, "lockstep.formats")
    return found


def choose(head: Head, wanted: str | None) -> Format:
    """The format asked for, or the one that is surest.

    Raises
    ------
    FormatUnknown
        No such format, or none recognises the file.
    """
    known = discover()
    if wanted is not None:
        if wanted not in known:
            raise FormatUnknown(f"no format {wanted!r}", where=str(head.path), hint=f"known: {', '.join(known)}")
        return known[wanted]
    if not head.start:
        why, hint = "the file is empty", "is the export complete?"
    elif head.start.startswith((b"\xff\xfe", b"\xfe\xff")):
        why, hint = "is UTF-16, not UTF-8", "convert it: iconv -f UTF-16 -t UTF-8"
    else:
        why = "no format recognises this file"
        hint = f"name one with --format ({', '.join(known)}), or say with --map which column is what"
    sure = max(known.values(), key=lambda f: f.sniff(head))
    if sure.sniff(head) <= 0:
        raise FormatUnknown(why, where=str(head.path), hint=hint)
    return sure
