"""CooRTweet: tables of who shared which object when."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from ingest.files import BOM, head
from ingest.formats.base import Block, Format, Head, Options
from ingest.formats.delimited import Delimited
from ingest.formats.parquet import MAGIC, Parquet

COLUMNS = frozenset({"object_id", "account_id", "content_id", "timestamp_share"})
MAPPING: dict[str, Any] = {
    "record": [
        {
            "type": "interactions",
            "account_id": "account_id",
            "kind": {"value": "share"},
            "target_type": {"value": "link"},
            "target_id": {"column": "object_id", "verbatim": True},
            "post_id": "content_id",
            "at": "timestamp_share",
        }
    ]
}


class CooRTweet(Format):
    """An object is whatever accounts can share; it becomes a link whose id is kept as it stands.

    A content that shares several objects has a row for each.
    """

    name: ClassVar[str] = "coortweet"
    about: ClassVar[str] = "CooRTweet table (CSV or Parquet): object_id, account_id, content_id, timestamp_share"
    types: ClassVar[tuple[str, ...]] = ("interactions",)

    def sniff(self, head: Head) -> float:
        """Its four columns, in the header or in the Parquet schema."""
        if head.start.startswith(MAGIC):
            header = _parquet_columns(head.path)
        else:
            first = head.start.removeprefix(BOM).partition(b"\n")[0].decode(errors="replace").strip()
            header = {cell.strip() for cell in next(csv.reader([first]), [])} if first.isprintable() else set()
        return 0.95 if header >= COLUMNS else 0.0

    def read(self, path: Path, options: Options, skip: int = 0) -> Iterator[Block]:
        """Blocks of rows; a mapping that the user gives goes before the format's own."""
        reader: Format = Parquet() if head(path).start.startswith(MAGIC) else Delimited()
        if options.mapping is None:
            options = dataclasses.replace(options, type=None, mapping=MAPPING)
        yield from reader.read(path, options, skip)


def _parquet_columns(path: Path) -> set[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return set()  # damaged, or compressed once more: the Parquet format says so when it reads it
