"""Reading, validation and extraction of one file, in this process or in a child of its own.

The child sends Arrow buffers through a pipe, so that it works on the next blocks while this process writes the last
ones; a few wait in the child, and then it does too. It ends when its parent does: its next write finds the pipe closed.
"""

from __future__ import annotations

import signal
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from graph import errors
from graph.errors import IngestError, LockstepError, fault
from graph.model import Rejected
from graph.schema import MARKET_TABLES, TABLES
from ingest.files import plain_name, position
from ingest.formats.base import Options, discover
from ingest.mapping import Mapped
from ingest.records import RECORDS, type_of
from ingest.times import Clock
from ingest.validate import Context, Valid, validate_block

AHEAD = 2  # pieces that may wait to be sent
CHILD_FROM = 8_000_000  # bytes of a file; a smaller one is read before a child has started
_LENGTH = struct.Struct("<Q")
_START = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from ingest.pipeline import main; main()"


@dataclass(frozen=True)
class Job:
    """One file to be read."""

    path: Path
    format: str
    options: Options
    skip: int = 0
    units: dict[str, str] = field(default_factory=dict)  # units of time columns, as decided before an interruption
    secret: bytes | None = None

    def context(self) -> Context:
        """What validation needs to know of the file."""
        platform = self.options.platform
        types: Sequence[str] = discover()[self.format].types
        if self.options.mapping is not None:
            mapped = Mapped(self.options.mapping)
            platform = mapped.platform or platform
            types = ["identifiers"] if any(r.type == "identifiers" for r in mapped.records) else ["mapped"]
        elif len(types) == len(RECORDS) and (kind := self.options.type or type_of(plain_name(self.path))):
            types = [kind]
        known = {"format": self.format, "type": self.options.type}
        return Context(str(self.path), platform, self.options.venue, known, self.secret, Clock(dict(self.units)), types)


@dataclass
class Piece:
    """What came of one block, and where the file stands after it."""

    end: int
    units: dict[str, str]
    valid: Valid
    position: int = 0  # bytes of the file taken so far; 0: not known


def read(job: Job) -> Iterator[Piece]:
    """Pieces of the file: from a child process where it is large, in this one otherwise.

    Raises
    ------
    IngestError
        The file cannot be read any further, or the child died; pieces before are good.
    """
    try:
        size = job.path.stat().st_size
    except OSError:
        size = 0  # reading says what is wrong
    return in_child(job) if size >= CHILD_FROM else inline(job)


def inline(job: Job) -> Iterator[Piece]:
    """Pieces of the file, read in this process."""
    context = job.context()
    for block in discover()[job.format].read(job.path, job.options, job.skip):
        yield Piece(block.end, dict(context.clock.units), validate_block(block, context), position(job.path))


def in_child(job: Job) -> Iterator[Piece]:
    """Pieces of the file, read in a process of its own."""
    path = orjson.dumps(sys.path).decode()
    with subprocess.Popen(
        [sys.executable, "-P", "-c", _START, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        if child.stdin is None or child.stdout is None:  # pragma: no cover - both were asked for
            raise IngestError("the reading process has no pipes", str(job.path))
        try:
            yield from _receive(child, child.stdin, child.stdout, job)
        finally:
            child.kill()


def frugal() -> None:
    """Let Arrow use the system's allocator: it gives back what a block needed, where Arrow's own keeps it for long."""
    pa.set_memory_pool(pa.system_memory_pool())


def main() -> None:
    """Run the child: a job on standard input, pieces on standard output."""
    frugal()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends this process
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not reach the pipe
    try:
        serve(sys.stdin.buffer, out)
    except BrokenPipeError:
        sys.stderr.close()


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Read the job, send its pieces, and end with ``done`` or with the error."""
    raw = orjson.loads(source.read())
    options = Options(**raw["options"])
    secret = None if raw["secret"] is None else bytes.fromhex(raw["secret"])
    job = Job(Path(raw["path"]), raw["format"], options, raw["skip"], raw["units"], secret)
    try:
        with _ahead(sink) as put:
            for piece in inline(job):
                put(piece)
        _send(sink, {"done": True})
    except LockstepError as e:
        _send(sink, {"error": [type(e).__name__, e.message, e.where, e.hint]})
    except BrokenPipeError:
        raise
    except Exception as e:  # noqa: BLE001 - whatever it is, the parent must hear of it
        _send(sink, {"crash": f"{type(e).__name__}: {e}", "trace": fault(e)})


@contextmanager
def _ahead(sink: BinaryIO) -> Iterator[Callable[[Piece], None]]:
    """Send pieces from a thread, in order, so that reading goes on while the parent is busy; leaving sends them all."""
    with ThreadPoolExecutor(max_workers=1) as sender:
        waiting: deque[Future[None]] = deque()

        def put(piece: Piece) -> None:
            if len(waiting) == AHEAD:
                waiting.popleft().result()
            waiting.append(sender.submit(send, sink, piece))

        try:
            yield put
        finally:
            for sent in waiting:
                sent.result()


def send(sink: BinaryIO, piece: Piece) -> None:
    """Write a piece: a header, then each table's batch."""
    valid = piece.valid
    buffers = [(name, batch.serialize()) for name, batch in valid.tables]
    header = {
        "end": piece.end,
        "units": piece.units,
        "position": piece.position,
        "rows": valid.rows,
        "ignored": sorted(valid.ignored),
        "dropped": valid.dropped,
        "corrections": valid.corrections,
        "repeated": valid.repeated,
        "rejected": [asdict(r) for r in valid.rejected],
        "tables": [[name, buffer.size] for name, buffer in buffers],
    }
    _send(sink, header, [buffer for _, buffer in buffers])


def receive(source: BinaryIO) -> Piece | dict[str, Any] | None:
    """Read one piece; a closing message as it is; None where the pipe has ended."""
    length = source.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(length)
    body = source.read(size)
    if len(body) < size:
        return None
    header: dict[str, Any] = orjson.loads(body)
    if "end" not in header:
        return header
    valid = Valid(
        rejected=[Rejected(**r) for r in header["rejected"]],
        rows=header["rows"],
        ignored=set(header["ignored"]),
        dropped=header["dropped"],
        corrections=header["corrections"],
        repeated=header["repeated"],
    )
    for name, size_ in header["tables"]:
        data = source.read(size_)
        if len(data) < size_:
            return None
        schema = (TABLES.get(name) or MARKET_TABLES[name]).schema
        valid.tables.append((name, pa.ipc.read_record_batch(pa.py_buffer(data), schema)))
    return Piece(header["end"], header["units"], valid, header["position"])


def _send(sink: BinaryIO, header: dict[str, Any], buffers: list[pa.Buffer] | None = None) -> None:
    body = orjson.dumps(header)
    sink.write(_LENGTH.pack(len(body)))
    sink.write(body)
    sink.writelines(memoryview(buffer) for buffer in buffers or [])
    sink.flush()


def _receive(child: subprocess.Popen[bytes], stdin: Any, stdout: Any, job: Job) -> Iterator[Piece]:
    secret = None if job.secret is None else job.secret.hex()
    raw = {
        "path": str(job.path),
        "format": job.format,
        "options": asdict(job.options),
        "skip": job.skip,
        "units": job.units,
        "secret": secret,
    }
    try:
        stdin.write(orjson.dumps(raw))
        stdin.close()
    except BrokenPipeError:
        pass  # it died at once; what follows says so
    while isinstance(message := receive(stdout), Piece):
        yield message
    if message is None:
        code = child.wait()
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        raise IngestError(
            f"the process that read it ended {how}",
            str(job.path),
            "what was read before is kept; free memory if the system ended it, and run the same command again",
        )
    if "error" in message:
        name, text, where, hint = message["error"]
        kind: type[LockstepError] = getattr(errors, name, IngestError)
        raise kind(text, where, hint)
    if "crash" in message:
        raise IngestError(
            f"reading it failed unexpectedly: {message['crash']}",
            str(job.path),
            f"what was read before is kept; please report this ({message['trace']})",
        )
