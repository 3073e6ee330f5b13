"""One suite that every format must pass; a new format is a module in ``tests/samples`` and nothing here."""

from __future__ import annotations

import gzip
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
import zstandard

from graph.errors import IngestError
from ingest.files import BOM, head
from ingest.formats.base import BLOCK_ROWS, Block, Format, choose, discover
from ingest.records import RECORDS
from ingest.validate import Context, Valid, validate_block
from tests.samples import MARK, Sample, samples

SAMPLES = samples()
LONG = 2 * BLOCK_ROWS + 5_000
SECRET = b"a key for tests"

every = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
of_text = pytest.mark.parametrize("sample", [s for s in SAMPLES.values() if s.text], ids=lambda s: s.format)
compressible = pytest.mark.parametrize(
    "sample", [s for s in SAMPLES.values() if s.compressible], ids=lambda s: s.format
)


def put(folder: Path, sample: Sample, data: bytes, suffix: str = "") -> Path:
    path = folder / f"{sample.name}{suffix}"
    path.write_bytes(data)
    return path


def format_of(sample: Sample) -> Format:
    return discover()[sample.format]


def read(path: Path, sample: Sample, skip: int = 0) -> tuple[list[Block], IngestError | None]:
    """Blocks up to the end or the error."""
    blocks: list[Block] = []
    error = None
    try:
        for block in format_of(sample).read(path, sample.options, skip):
            blocks.append(block)  # noqa: PERF402 - those before an error count
    except IngestError as e:
        error = e
    assert error is None or (error.where and error.hint)
    return blocks, error


def validated(blocks: list[Block], sample: Sample) -> Valid:
    context = Context(sample.name, sample.options.platform, sample.options.venue, secret=SECRET)
    result = Valid()
    for block in blocks:
        result.add(validate_block(block, context))
    return result


def counts(valid: Valid) -> dict[str, int]:
    total: Counter[str] = Counter()
    for table, batch in valid.tables:
        total[table] += batch.num_rows
    return dict(total)


def frozen(block: Block) -> tuple[object, ...]:
    """A block as plain values, for comparing."""
    records = [
        (r.type, list(r.lines), [r.raw(i) for i in range(0, len(r.lines), 997)], sorted(r.columns))
        for r in block.records
    ]
    return block.end, records, [(b.line, b.reason) for b in block.bad]


def test_every_format_has_a_sample() -> None:
    assert set(discover()) == set(SAMPLES)


@every
def test_declares_itself(sample: Sample) -> None:
    format_ = format_of(sample)
    assert format_.name == sample.format
    assert format_.about
    assert format_.types
    assert set(format_.types) <= set(RECORDS)


@every
def test_own_file_is_recognised_by_it_and_no_other(sample: Sample, tmp_path: Path) -> None:
    path = put(tmp_path, sample, sample.make(3))
    assert choose(head(path), None).name == sample.format
    others = [f.name for f in discover().values() if f.name != sample.format and f.sniff(head(path)) >= 0.9]
    assert not others


@every
def test_valid_file_becomes_the_rows_it_holds(sample: Sample, tmp_path: Path) -> None:
    blocks, error = read(put(tmp_path, sample, sample.make(3)), sample)
    valid = validated(blocks, sample)
    assert error is None
    assert valid.rejected == []
    assert counts(valid) == sample.expect(3)


@every
def test_record_types_are_the_declared_ones(sample: Sample, tmp_path: Path) -> None:
    blocks, _ = read(put(tmp_path, sample, sample.make(3)), sample)
    assert {r.type for b in blocks for r in b.records} <= set(format_of(sample).types)


@every
def test_same_blocks_whatever_was_skipped(sample: Sample, tmp_path: Path) -> None:
    path = put(tmp_path, sample, sample.make(LONG))
    blocks, error = read(path, sample)
    assert error is None
    assert len(blocks) > 2
    whole = [frozen(b) for b in blocks]
    assert [frozen(b) for b in read(path, sample)[0]] == whole
    for i, block in enumerate(blocks):
        assert [frozen(b) for b in read(path, sample, block.end)[0]] == whole[i + 1 :]


@every
def test_blocks_are_bounded_and_their_ends_grow(sample: Sample, tmp_path: Path) -> None:
    blocks, _ = read(put(tmp_path, sample, sample.make(LONG)), sample)
    ends = [b.end for b in blocks]
    assert ends == sorted(set(ends))
    assert all(len(r.lines) <= BLOCK_ROWS for b in blocks for r in b.records)
    assert all(len(c) == len(r.lines) for b in blocks for r in b.records for c in r.columns.values())


@every
def test_empty_file_has_no_rows(sample: Sample, tmp_path: Path) -> None:
    blocks, _ = read(put(tmp_path, sample, b""), sample)
    assert counts(validated(blocks, sample)) == {}


@every
def test_file_without_rows_has_no_rows(sample: Sample, tmp_path: Path) -> None:
    blocks, _ = read(put(tmp_path, sample, sample.make(0)), sample)
    assert counts(validated(blocks, sample)) == {}


@every
@pytest.mark.parametrize("tenths", [1, 5, 9])
def test_cut_off_file_keeps_what_is_whole_and_says_so(sample: Sample, tenths: int, tmp_path: Path) -> None:
    data = sample.make(200)
    blocks, error = read(put(tmp_path, sample, data[: len(data) * tenths // 10]), sample)
    valid = validated(blocks, sample)
    assert error is not None or valid.rejected or sample.by_line
    whole = counts(validated(read(put(tmp_path, sample, data), sample)[0], sample))
    assert all(n <= whole[table] for table, n in counts(valid).items())


@every
def test_missing_file_is_an_ingest_error(sample: Sample, tmp_path: Path) -> None:
    _, error = read(tmp_path / sample.name, sample)
    assert error is not None


@compressible
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_file_reads_the_same(sample: Sample, suffix: str, tmp_path: Path) -> None:
    data = sample.make(50)
    pack = gzip.compress if suffix == ".gz" else zstandard.compress
    plain = [frozen(b) for b in read(put(tmp_path, sample, data), sample)[0]]
    path = put(tmp_path, sample, pack(data), suffix)
    assert choose(head(path), None).name == sample.format
    assert [frozen(b) for b in read(path, sample)[0]] == plain


@compressible
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_cut_off_compressed_file_is_an_error_after_the_rows_before(sample: Sample, suffix: str, tmp_path: Path) -> None:
    pack = gzip.compress if suffix == ".gz" else zstandard.compress
    packed = pack(sample.make(LONG))
    blocks, error = read(put(tmp_path, sample, packed[: len(packed) * 9 // 10], suffix), sample)
    assert error is not None
    assert counts(validated(blocks, sample))


@of_text
def test_byte_order_mark_changes_nothing(sample: Sample, tmp_path: Path) -> None:
    plain = [frozen(b) for b in read(put(tmp_path, sample, sample.make(3)), sample)[0]]
    path = put(tmp_path, sample, BOM + sample.make(3))
    assert choose(head(path), None).name == sample.format
    assert [frozen(b) for b in read(path, sample)[0]] == plain


@of_text
@pytest.mark.parametrize("inside", [b"\xff\xfe", b"a\x00b", b"x" * 10_000_000], ids=["bad UTF-8", "NUL", "10 MB"])
def test_hostile_value_costs_its_row_and_no_other(sample: Sample, inside: bytes, tmp_path: Path) -> None:
    data = sample.make(9)
    assert data.count(MARK) == 9
    path = put(tmp_path, sample, data.replace(MARK, inside, 1))
    tracemalloc.start()
    try:
        blocks, error = read(path, sample)
        valid = validated(blocks, sample)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 80_000_000
    if not sample.by_line:
        assert error is not None or valid.rejected
        return
    assert error is None
    assert len(valid.rejected) == 1
    assert valid.rejected[0].line > 0
    assert valid.rejected[0].reason
    assert len(valid.rejected[0].raw) < 200_000
    assert counts(valid) == sample.expect(8)


@of_text
def test_lines_may_end_in_cr_lf(sample: Sample, tmp_path: Path) -> None:
    path = put(tmp_path, sample, sample.make(3).replace(b"\n", b"\r\n"))
    blocks, error = read(path, sample)
    assert error is None
    assert counts(validated(blocks, sample)) == sample.expect(3)
