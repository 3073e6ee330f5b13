"""Parquet: columns named like the record types', or mapped."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, ClassVar

import orjson
import pyarrow as pa

from graph.errors import IngestError
from ingest.files import chunks, clip, head
from ingest.formats.base import BLOCK_BYTES, BLOCK_ROWS, Bad, Block, Format, Head, Options, Records
from ingest.mapping import Mapped
from ingest.records import RECORDS, require, settle_type

if TYPE_CHECKING:
    import pyarrow.parquet as pq

MAGIC = b"PAR1"
_SMALLEST = 500  # rows a block never goes below, however wide they are


class Parquet(Format):
    """A Parquet file, read in row batches."""

    name: ClassVar[str] = "parquet"
    about: ClassVar[str] = "Parquet whose columns are named like the record types'; dictionaries and any Arrow type"
    types: ClassVar[tuple[str, ...]] = tuple(RECORDS)

    def sniff(self, head: Head) -> float:
        """Its magic bytes."""
        return 0.5 if head.start.startswith(MAGIC) else 0.0

    def read(self, path: Path, options: Options, skip: int = 0) -> Iterator[Block]:
        """Blocks of rows; positions are row numbers."""
        mapped = None if options.mapping is None else Mapped(options.mapping)
        kind = settle_type(options.type, head(path).name)
        if mapped is None and kind is None:
            raise IngestError(
                "does not say what its rows are",
                str(path),
                "give --type or --map, or a name that begins with the type (posts.parquet)",
            )
        with opened(path) as file:
            names = file.schema_arrow.names
            if mapped is not None:
                mapped.require(names, path)
                names = [name for name in names if name in mapped.columns()]
            elif kind is not None:
                require(kind, names, path)
            yield from _blocks(file, names, mapped, kind, skip)


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """The file, also where it is compressed once more.

    Raises
    ------
    IngestError
        It is not Parquet, or damaged, now or while it is read.
    """
    import pyarrow.parquet as pq

    try:
        with _seekable(path) as raw, pq.ParquetFile(raw, pre_buffer=False) as file:
            yield file
    except (pa.ArrowException, OSError) as e:
        text = str(e).partition("\n")[0]
        raise IngestError(f"cannot be read as Parquet: {text}", str(path), "fetch or write the file again") from e


def _seekable(path: Path) -> IO[bytes]:
    """The file, or what a compressed one unfolds to: Parquet is read from its end."""
    raw: IO[bytes] = path.open("rb")
    if raw.read(len(MAGIC)) != MAGIC and head(path).start.startswith(MAGIC):
        raw.close()
        raw = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it, and with that it is gone
        try:
            for piece in chunks(path):
                raw.write(piece)
        except BaseException:
            raw.close()
            raise
    raw.seek(0)
    return raw


def _blocks(
    file: pq.ParquetFile, names: list[str], mapped: Mapped | None, kind: str | None, skip: int
) -> Iterator[Block]:
    for end, numbers, batch, bad in checked(file, names):
        if end <= skip:
            continue
        columns = {name: simple(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
        if mapped is not None:
            yield Block(end, mapped.apply(columns, numbers), bad)
        else:
            yield Block(end, [Records(str(kind), columns, numbers)], bad)


def checked(
    file: pq.ParquetFile, names: Sequence[str]
) -> Iterator[tuple[int, Sequence[int], pa.RecordBatch, list[Bad]]]:
    """Batches of the rows whose texts are text: the last row's number, each one's, the rows, and the others."""
    at = 0
    for read in file.iter_batches(batch_size=_rows(file), columns=list(names), use_threads=False):
        batch, start, at = read, at, at + read.num_rows
        numbers: Sequence[int] = range(start + 1, at + 1)
        bad = [] if _valid(batch) else [b for i, n in enumerate(numbers) if (b := _fault(batch.slice(i, 1), n))]
        if bad:
            wrong = {b.line for b in bad}
            batch = batch.filter(pa.array([n not in wrong for n in numbers]))
            numbers = [n for n in numbers if n not in wrong]
        yield at, numbers, batch, bad


def _valid(part: pa.RecordBatch | pa.Array) -> bool:
    """Whether texts are UTF-8: Parquet's readers take the writer's word for it."""
    try:
        part.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _fault(row: pa.RecordBatch, number: int) -> Bad | None:
    """Why a row cannot be read, with what can be shown of it; None if it can."""
    wrong = [name for name, column in zip(row.schema.names, row.columns, strict=True) if not _valid(column)]
    if not wrong:
        return None
    shown = {}
    for name, column in zip(row.schema.names, row.columns, strict=True):
        if name not in wrong:
            shown[name] = column[0].as_py()
        elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            shown[name] = clip(column.cast(pa.large_binary(), safe=False)[0].as_py())
    raw = orjson.dumps(shown, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Bad(number, f"not UTF-8: {', '.join(wrong)}", clip(raw), wrong[0])


def _rows(file: pa.NativeFile) -> int:
    """Rows a block: fewer where rows are wide, by the file's own count of bytes."""
    meta = file.metadata
    size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
    width = max(1, size // max(1, meta.num_rows))
    rows: int = max(_SMALLEST, min(BLOCK_ROWS, BLOCK_BYTES // width))
    return rows


def simple(column: pa.Array) -> pa.Array:
    """Without dictionary, view and large types, which only say how the values lie in memory."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_large_list(kind) or (pa.types.is_list(kind) and not pa.types.is_string(kind.value_type)):
        try:
            return column.cast(pa.list_(pa.string()))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return column
    return column
