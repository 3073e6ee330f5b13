"""Files as streams: plain, gzip or Zstandard told apart by content, read in bounded pieces, errors located."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from graph.errors import IngestError
from ingest.formats.base import BLOCK_BYTES, BLOCK_ROWS, MAX_LINE, Bad, Head

CHUNK = 1 << 18
HEAD_BYTES = 1 << 16
RAW_LIMIT = 1 << 16  # characters of an unreadable row that the quarantine keeps
BOM = b"\xef\xbb\xbf"
_ZSTD_PIECE = 1 << 10  # compressed bytes fed at once: bounds what a hostile frame can unfold to in one step
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_SUFFIXES = {".gz", ".zst", ".zstd"}
_FOREIGN_BOMS = {b"\xff\xfe\x00\x00": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


_POSITIONS: dict[Path, int] = {}


@dataclass
class Lines:
    """A bounded run of lines without their line ends; lines over the limit are in ``bad`` instead."""

    end: int  # number of the last line
    rows: list[bytes]
    numbers: Sequence[int]  # 1-based, one for each row
    bad: list[Bad] = field(default_factory=list)


@dataclass(frozen=True)
class Fingerprint:
    """What the bytes of a file are, whatever its name."""

    size: int
    sha256: str


def chunks(path: Path) -> Iterator[bytes]:
    """Decompressed content in pieces of bounded size.

    Raises
    ------
    IngestError
        The file cannot be opened or read, or its compression is damaged or cut off; all before the damage has been
        yielded by then.
    """
    with _open(path) as file:
        _POSITIONS[path] = 0
        try:
            magic = file.peek(4)[:4]
            if magic.startswith(_GZIP_MAGIC):
                pieces = _gunzip(file)
            elif magic == _ZSTD_MAGIC:
                pieces = _unzstd(file)
            else:
                pieces = iter(lambda: file.read1(CHUNK), b"")
            for piece in pieces:
                _POSITIONS[path] = file.tell()
                yield piece
        except EOFError as e:
            raise IngestError("the compressed file is cut off", str(path), "fetch it again") from e
        except (OSError, zlib.error) as e:
            raise IngestError(
                f"cannot be read: {e}", str(path), "check the file; fetch it again if it is damaged"
            ) from e


def position(path: Path) -> int:
    """Bytes of the file that its newest reader in this process has taken; 0 where nothing was read so."""
    return _POSITIONS.get(path, 0)


def open_stream(path: Path) -> io.BufferedReader:
    """Decompressed content as a binary file, for libraries that want one; it cannot seek.

    Use ``read1`` (as :class:`io.TextIOWrapper` does) where content before a damage must not be lost.
    """
    return io.BufferedReader(_Stream(chunks(path)), CHUNK)


def head(path: Path) -> Head:
    """What sniffing looks at.

    Raises
    ------
    IngestError
        Not there, not permitted, or damaged within the first bytes.
    """
    start = b""
    pieces = chunks(path)
    try:
        for piece in pieces:
            start += piece
            if len(start) >= HEAD_BYTES:
                break
    except IngestError:
        if not start:
            raise
    return Head(path, plain_name(path), start[:HEAD_BYTES])


def plain_name(path: Path) -> str:
    """The file's name without the suffix of its compression."""
    return path.stem if path.suffix.lower() in _SUFFIXES else path.name


def lines(path: Path, skip: int = 0) -> Iterator[tuple[int, bytes]]:
    """Number and content of each line after ``skip``; lines over the limit are left out (see :func:`line_blocks`)."""
    for block in line_blocks(path, skip):
        yield from zip(block.numbers, block.rows, strict=True)


def line_blocks(path: Path, skip: int = 0) -> Iterator[Lines]:
    """Lines in blocks of bounded size, the same blocks whatever was skipped.

    A byte order mark is removed; CR LF and LF end a line. What precedes a damage is yielded before the error.

    Parameters
    ----------
    skip : int
        Lines to leave out: 0 or an earlier block's ``end``.

    Raises
    ------
    IngestError
        As for :func:`chunks`; or the file is UTF-16 or UTF-32.
    """
    cutter = _Cutter(skip)
    error: IngestError | None = None
    pieces = _without_bom(path, chunks(path))
    while True:
        try:
            piece = next(pieces, b"")
        except IngestError as e:
            error, piece = e, b""
        if not piece:
            break
        cutter.feed(piece)
        yield from cutter.full()
    # the piece of a line before a cut is no line: it would be loaded as something that nobody wrote
    yield from cutter.rest(complete=error is None)
    if error is not None:
        raise error


def utf8_fault(raw: bytes) -> str | None:
    """Where the bytes stop being UTF-8, or None if they are."""
    try:
        raw.decode()
    except UnicodeDecodeError as e:
        return f"not UTF-8: byte 0x{raw[e.start]:02x} at byte {e.start + 1} of the line"
    return None


def clip(raw: bytes) -> str:
    """Bytes as the quarantine keeps them: undecodable ones escaped, cut to :data:`RAW_LIMIT`."""
    text = raw[:RAW_LIMIT].decode(errors="backslashreplace")
    return text if len(raw) <= RAW_LIMIT else f"{text}… ({len(raw):,} bytes)"


def fingerprint(path: Path) -> Fingerprint:
    """Size and SHA-256 of the bytes as they lie on disk.

    Raises
    ------
    IngestError
        The file cannot be opened or read.
    """
    digest, size = hashlib.sha256(), 0
    with _open(path) as file:
        try:
            while piece := file.read(CHUNK):
                digest.update(piece)
                size += len(piece)
        except OSError as e:
            raise IngestError(f"cannot be read: {e}", str(path), "check the file and its disk") from e
    return Fingerprint(size, digest.hexdigest())


def _open(path: Path) -> io.BufferedReader:
    try:
        if _is_special(path):  # opening a pipe would wait for whoever writes into it
            raise IngestError(
                "is a pipe or a device, not a file", str(path), "write its content to a file and load that"
            )
        return path.open("rb")
    except FileNotFoundError as e:
        raise IngestError("there is no such file", str(path), "check the spelling and the current directory") from e
    except IsADirectoryError as e:
        raise IngestError("is a directory, not a file", str(path), "give the directory to `lockstep ingest`") from e
    except PermissionError as e:
        raise IngestError("no permission to read it", str(path), "ask its owner, or change its mode") from e
    except OSError as e:
        raise IngestError(f"cannot be opened: {e.strerror}", str(path), "check the path and the disk") from e


def _is_special(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:  # opening it says why
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _gunzip(file: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as stream:
        while piece := stream.read1(CHUNK):
            yield piece


def _unzstd(file: BinaryIO) -> Iterator[bytes]:
    import zstandard

    frames = zstandard.ZstdDecompressor()
    frame = frames.decompressobj()
    fresh = True  # nothing of the current frame has been read
    try:
        while piece := file.read(_ZSTD_PIECE):
            while piece:
                if frame.eof:
                    frame, fresh = frames.decompressobj(), True
                out = frame.decompress(piece)
                fresh, piece = False, frame.unused_data if frame.eof else b""
                for at in range(0, len(out), CHUNK):
                    yield out[at : at + CHUNK]
    except zstandard.ZstdError as e:
        raise zlib.error(str(e)) from e
    if not frame.eof and not fresh:
        raise EOFError


def _without_bom(path: Path, pieces: Iterator[bytes]) -> Iterator[bytes]:
    first = next(pieces, b"")
    while 0 < len(first) < 4 and (more := next(pieces, b"")):
        first += more
    for mark, name in _FOREIGN_BOMS.items():
        if first.startswith(mark):
            raise IngestError(f"is {name}, not UTF-8", str(path), f"convert it: iconv -f {name} -t UTF-8")
    yield first.removeprefix(BOM)
    yield from pieces


class _Cutter:
    """Cuts a stream of pieces into blocks of lines; positions depend on the content alone, not on ``skip``."""

    def __init__(self, skip: int) -> None:
        self._skip = skip
        self._seen = 0  # lines completed
        self._tail: list[bytes] = []  # pieces of the line under way
        self._tail_size = 0
        self._rows: list[bytes] = []
        self._numbers: list[int] = []
        self._bad: list[Bad] = []
        self._held = 0  # bytes in _rows

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the file."""
        parts = piece.split(b"\n")
        if len(parts) == 1:
            self._grow(piece)
            return
        last = parts.pop()
        if self._tail_size:
            self._grow(parts[0])
            self._finish_tail()
            del parts[0]
        self._complete(parts)
        self._tail, self._tail_size = [], 0
        if last:
            self._grow(last)

    def full(self) -> Iterator[Lines]:
        """Blocks that are complete."""
        while len(self._numbers) + len(self._bad) >= BLOCK_ROWS:
            yield self._take()
        if self._held >= BLOCK_BYTES:
            yield self._take()

    def rest(self, *, complete: bool) -> Iterator[Lines]:
        """What is left at the end of the file."""
        if self._tail_size and complete:
            self._finish_tail()
        while self._numbers or self._bad:
            yield self._take()

    def _grow(self, piece: bytes) -> None:
        if self._tail_size <= MAX_LINE:  # beyond the limit only the length is counted
            self._tail.append(piece)
        self._tail_size += len(piece)

    def _finish_tail(self) -> None:
        if self._tail_size > MAX_LINE:
            self._seen += 1
            if self._seen > self._skip:
                reason = f"the line has {self._tail_size:,} bytes; at most {MAX_LINE:,} are read"
                self._bad.append(Bad(self._seen, reason, clip(b"".join(self._tail)[:1000])))
        else:
            self._complete([b"".join(self._tail)])
        self._tail, self._tail_size = [], 0

    def _complete(self, rows: list[bytes]) -> None:
        start = self._seen + 1
        self._seen += len(rows)
        if self._seen <= self._skip:
            return
        if start <= self._skip:
            rows, start = rows[self._skip - start + 1 :], self._skip + 1
        rows = [r.removesuffix(b"\r") for r in rows]
        self._rows += rows
        self._numbers += range(start, start + len(rows))
        self._held += sum(map(len, rows))

    def _take(self) -> Lines:
        """Cut off the first block: BLOCK_ROWS lines, long ones counted where they stand."""
        ends = sorted([*self._numbers, *(b.line for b in self._bad)])[:BLOCK_ROWS] if self._bad else self._numbers
        end = ends[min(len(ends), BLOCK_ROWS) - 1]
        n = sum(1 for x in self._numbers if x <= end) if self._bad else min(len(self._numbers), BLOCK_ROWS)
        block = Lines(end, self._rows[:n], self._numbers[:n], [b for b in self._bad if b.line <= end])
        self._rows, self._numbers = self._rows[n:], self._numbers[n:]
        self._bad = [b for b in self._bad if b.line > end]
        self._held = sum(map(len, self._rows))
        return block


class _Stream(io.RawIOBase):
    """A file over an iterator of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._piece:
            self._piece = memoryview(next(self._pieces, b""))
        n = min(len(buffer), len(self._piece))
        buffer[:n] = self._piece[:n]
        self._piece = self._piece[n:]
        return n
