from __future__ import annotations

import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.errors import ConfigError, IngestError
from ingest import pipeline
from ingest.formats.base import Options
from ingest.formats.jsonl import JsonLines
from ingest.pipeline import Job, Piece, in_child, inline, read, receive, send, serve

T = 1_700_000_000


def put(path: Path, n: int = 30) -> Path:
    rows = [{"post_id": str(i), "account_id": "a", "created_at": T + i, "text": "$BTC", "x": 1} for i in range(n)]
    rows[3]["created_at"] = "never"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows) + b"{\n")
    return path


def job(path: Path, **changes: Any) -> Job:
    return Job(path, "jsonl", Options(), **changes)


def request(path: Path, secret: str | None = None, **options: Any) -> io.BytesIO:
    raw = {"path": str(path), "format": "jsonl", "options": options, "skip": 0, "units": {}, "secret": secret}
    return io.BytesIO(orjson.dumps(raw))


def replies(sink: io.BytesIO) -> list[Any]:
    sink.seek(0)
    return list(iter(lambda: receive(sink), None))


def test_child_gives_what_reading_inline_gives(tmp_path: Path) -> None:
    path = put(tmp_path / "posts.jsonl")
    options = Options(
        mapping={"platform": "x", "record": [{"type": "labels", "account_id": "account_id", "label": "x"}]}
    )
    for work in (job(path), Job(path, "jsonl", options, 0, {}, b"key")):
        assert list(in_child(work)) == list(inline(work))


def test_large_files_are_read_in_a_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "posts.jsonl")
    monkeypatch.setattr(pipeline, "in_child", lambda _: iter(["child"]))
    monkeypatch.setattr(pipeline, "inline", lambda _: iter(["inline"]))
    chosen: Any = read
    assert list(chosen(job(path))) == ["inline"]
    monkeypatch.setattr(pipeline, "CHILD_FROM", 10)
    assert list(chosen(job(path))) == ["child"]
    assert list(chosen(job(tmp_path / "none"))) == ["inline"]


def test_pieces_survive_the_pipe(tmp_path: Path) -> None:
    (piece,) = inline(job(put(tmp_path / "posts.jsonl")))
    assert piece.valid.rejected
    assert piece.valid.ignored == {"posts.x"}
    assert piece.units == {}
    sink = io.BytesIO()
    send(sink, piece)
    assert replies(sink) == [piece]
    whole = sink.getvalue()
    for cut in (3, 20, len(whole) - 5):
        assert receive(io.BytesIO(whole[:cut])) is None


def test_child_ends_with_done_or_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "posts.jsonl")
    sink = io.BytesIO()
    serve(request(path), sink)
    piece, done = replies(sink)
    assert isinstance(piece, Piece)
    assert done == {"done": True}
    sink = io.BytesIO()
    serve(request(tmp_path / "posts-none.jsonl", secret=b"k".hex()), sink)
    assert replies(sink)[0]["error"][0] == "IngestError"

    def crash(*_: object) -> Iterator[Any]:
        return (1 // 0 for _ in range(1))

    monkeypatch.setattr(JsonLines, "read", crash)
    sink = io.BytesIO()
    serve(request(path), sink)
    (reply,) = replies(sink)
    assert reply["crash"] == "ZeroDivisionError: integer division or modulo by zero"


def test_errors_cross_with_their_type(tmp_path: Path) -> None:
    path = tmp_path / "identifiers.jsonl"
    path.write_bytes(b'{"account_id":"a","kind":"ip","value":"192.0.2.1"}\n')
    with pytest.raises(ConfigError, match="LOCKSTEP_PSEUDONYM_KEY"):
        list(in_child(job(path)))
    (piece,) = in_child(job(path, secret=b"key"))
    assert piece.valid.tables


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; os.kill(os.getpid(), 9)", "ended by signal 9"),
        ("raise SystemExit(3)", "ended with exit code 3"),
    ],
)
def test_death_of_the_child_is_said(code: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_START", code)
    with pytest.raises(IngestError, match=message):
        list(in_child(job(put(tmp_path / "posts.jsonl"))))


def test_crash_of_the_child_is_said_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from ingest import pipeline\n"
        "pipeline.inline = lambda job: 1 / 0; pipeline.main()"
    )
    monkeypatch.setattr(pipeline, "_START", code)
    with pytest.raises(IngestError, match="failed unexpectedly: ZeroDivisionError") as e:
        list(in_child(job(put(tmp_path / "posts.jsonl"))))
    assert "ingest.pipeline:" in e.value.hint
    assert "Traceback" not in e.value.hint


def test_child_ends_when_nobody_listens(tmp_path: Path) -> None:
    path = put(tmp_path / "posts.jsonl", 60_000)
    with subprocess.Popen(
        [sys.executable, "-c", pipeline._START, orjson.dumps(sys.path).decode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stderr
        child.stdin.write(request(path).getvalue())
        child.stdin.close()
        child.stdout.read(10)
        child.stdout.close()
        child.wait(timeout=60)
        assert b"Traceback" not in child.stderr.read()


def test_leaving_early_ends_the_child(tmp_path: Path) -> None:
    pieces = in_child(job(put(tmp_path / "posts.jsonl", 60_000)))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]


def test_main_serves_standard_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Streams:
        def __init__(self, buffer: io.BytesIO) -> None:
            self.buffer = buffer

    sink = io.BytesIO()
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(sys, "stdin", Streams(request(put(tmp_path / "posts.jsonl"))))
    monkeypatch.setattr(sys, "stdout", Streams(sink))
    try:
        pipeline.main()
    finally:
        signal.signal(signal.SIGINT, before)
    assert replies(sink)[-1] == {"done": True}


def test_main_is_quiet_when_the_pipe_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object) -> None:
        raise BrokenPipeError

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(pipeline, "serve", closed)
    monkeypatch.setattr(sys, "stdin", type("S", (), {"buffer": io.BytesIO()})())
    monkeypatch.setattr(sys, "stdout", type("S", (), {"buffer": io.BytesIO()})())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    try:
        pipeline.main()
        assert sys.stderr.closed
    finally:
        signal.signal(signal.SIGINT, before)


def test_broken_pipe_is_not_an_error_to_send(tmp_path: Path) -> None:
    class Closed(io.BytesIO):
        def write(self, _: Any) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        serve(request(put(tmp_path / "posts.jsonl")), Closed())
