from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import IngestError
from ingest import files
from ingest.files import chunks, clip, fingerprint, head, line_blocks, lines, open_stream, position, utf8_fault


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_compression_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    for pack in (bytes, gzip.compress, zstandard.compress):
        path = put(tmp_path / "misnamed.txt", pack(b"a\nb\n"))
        assert list(lines(path)) == [(1, b"a"), (2, b"b")]
        assert open_stream(path).read() == b"a\nb\n"


def test_head_leaves_out_the_compression_suffix(tmp_path: Path) -> None:
    assert head(put(tmp_path / "posts.jsonl.gz", gzip.compress(b"{}"))).name == "posts.jsonl"
    assert head(put(tmp_path / "posts.jsonl", b"{}")).name == "posts.jsonl"
    assert len(head(put(tmp_path / "big", b"x" * 1_000_000)).start) == files.HEAD_BYTES


def test_head_of_a_cut_off_file_is_what_there_is(tmp_path: Path) -> None:
    packed = gzip.compress(bytes(range(256)) * 50)
    assert head(put(tmp_path / "a.gz", packed[: len(packed) - 4])).start
    with pytest.raises(IngestError):
        head(put(tmp_path / "b.gz", packed[:6]))


def test_several_frames_are_one_file(tmp_path: Path) -> None:
    for pack in (gzip.compress, zstandard.compress):
        assert [line for _, line in lines(put(tmp_path / "a", pack(b"a\n") + pack(b"b\n")))] == [b"a", b"b"]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_damage_is_an_error(pack: object, tmp_path: Path) -> None:
    packed = bytearray(pack(bytes(range(256)) * 400))  # type: ignore[operator]
    packed[len(packed) // 2 :] = b"\xaa" * (len(packed) - len(packed) // 2)
    with pytest.raises(IngestError) as e:
        list(chunks(put(tmp_path / "a", bytes(packed))))
    assert e.value.where.endswith("a")


def test_line_under_way_at_a_cut_is_no_line(tmp_path: Path) -> None:
    packed = gzip.compress(b"first\n" + bytes(range(1, 10)) * 30_000)
    seen: list[bytes] = []
    with pytest.raises(IngestError, match="cut off"):
        seen.extend(line for _, line in lines(put(tmp_path / "a.gz", packed[: len(packed) - 20])))
    assert seen[0] == b"first"
    assert all(line == b"first" or not line.startswith(b"\x01") for line in seen)


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00"])
def test_utf16_and_utf32_are_refused_by_name(mark: bytes, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"UTF-(16|32), not UTF-8"):
        list(lines(put(tmp_path / "a", mark + "hello".encode("utf-16-le"))))


def test_missing_and_forbidden_and_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(IngestError, match="no such file"):
        list(chunks(tmp_path / "none"))
    with pytest.raises(IngestError, match="directory"):
        fingerprint(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(IngestError, match="permission"):
        fingerprint(tmp_path / "a")


def test_other_faults_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    class Broken(io.BytesIO):
        read = fail  # type: ignore[assignment]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", fail)
        with pytest.raises(IngestError, match="cannot be opened"):
            list(chunks(tmp_path / "a"))
    monkeypatch.setattr(files, "_open", lambda _: Broken())
    with pytest.raises(IngestError, match="cannot be read"):
        fingerprint(tmp_path / "a")


def test_long_line_is_set_aside_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINE", 100)
    monkeypatch.setattr(files, "CHUNK", 64)
    path = put(tmp_path / "a", b"one\n" + b"x" * 101 + b"\nthree\n" + b"y" * 500)
    (block,) = line_blocks(path)
    assert (block.rows, list(block.numbers), block.end) == ([b"one", b"three"], [1, 3], 4)
    assert [bad.line for bad in block.bad] == [2, 4]
    assert "101 bytes" in block.bad[0].reason
    (rest,) = line_blocks(path, 2)
    assert (rest.rows, [bad.line for bad in rest.bad]) == ([b"three"], [4])


def test_blocks_end_at_the_byte_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(files, "CHUNK", 256)
    path = put(tmp_path / "a", b"".join(b"%060d\n" % i for i in range(100)))
    whole = list(line_blocks(path))
    assert all(sum(map(len, b.rows)) <= 1300 for b in whole)
    assert [list(line_blocks(path, b.end)) for b in whole] == [whole[i + 1 :] for i in range(len(whole))]


@given(
    rows=st.lists(st.binary(max_size=40).filter(lambda b: b"\n" not in b and not b.endswith(b"\r")), max_size=30),
    piece=st.integers(1, 17),
    block=st.integers(1, 9),
)
def test_any_cut_into_pieces_gives_the_same_lines(rows: list[bytes], piece: int, block: int) -> None:
    data = b"\n".join(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "BLOCK_ROWS", block)
        patch.setattr(files, "MAX_LINE", 20)
        patch.setattr(files, "chunks", lambda _: (data[i : i + piece] for i in range(0, len(data), piece)))
        if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            return
        whole = list(line_blocks(Path("x")))
        expected = data.removeprefix(files.BOM).split(b"\n")
        expected = expected[:-1] if not expected[-1] else expected
        got = {n: r for b in whole for n, r in zip(b.numbers, b.rows, strict=True)}
        got_long = {bad.line for b in whole for bad in b.bad}
        assert {i for i, r in enumerate(expected, 1) if len(r) > 20} == got_long
        assert got == {i: r for i, r in enumerate(expected, 1) if len(r) <= 20}
        for i, b in enumerate(whole):
            assert list(line_blocks(Path("x"), b.end)) == whole[i + 1 :]
            assert len(b.rows) + len(b.bad) <= block


def test_bad_byte_is_located() -> None:
    assert utf8_fault(b"plain") is None
    assert utf8_fault(b"ab\xffc") == "not UTF-8: byte 0xff at byte 3 of the line"


def test_clipped_text_says_how_long_it_was() -> None:
    assert clip(b"a\xffb") == "a\\xffb"
    assert clip(b"x" * (files.RAW_LIMIT + 1)).endswith(f"… ({files.RAW_LIMIT + 1:,} bytes)")


def test_fingerprint_is_of_the_bytes(tmp_path: Path) -> None:
    a, b = put(tmp_path / "a", b"same"), put(tmp_path / "b", b"same")
    assert fingerprint(a) == fingerprint(b)
    assert fingerprint(a).size == 4


def test_position_follows_the_reader(tmp_path: Path) -> None:
    path = put(tmp_path / "a", b"x\n" * 10)
    assert position(path) == 0
    list(lines(path))
    assert position(path) == 20


@pytest.mark.parametrize("read", [head, fingerprint])
def test_a_pipe_is_refused_without_waiting_for_a_writer(read: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "posts.jsonl")
    with pytest.raises(IngestError, match="pipe or a device"):
        read(tmp_path / "posts.jsonl")
