from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from graph.store import open_store
from ingest.load import load

ROWS = {
    "post_id": ["1", "2", "3"],
    "account_id": ["a", "b", "c"],
    "created_at": [1_700_000_000, 1_700_000_001, 1_700_000_002],
}


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
def test_compressed_files_are_unfolded(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    pq.write_table(pa.table(ROWS), tmp_path / "plain")
    path = tmp_path / "posts.parquet.gz"
    path.write_bytes(pack((tmp_path / "plain").read_bytes()))
    cut = tmp_path / "posts-cut.parquet.gz"
    cut.write_bytes(path.read_bytes()[:-30])
    with open_store("memory://", tmp_path) as store:
        whole, damaged = load(store, [path, cut]).files
    assert (whole.status, whole.rows) == ("loaded", 3)
    assert "cut off" in str(damaged.error)


def test_text_that_is_not_utf8_goes_to_the_quarantine(tmp_path: Path) -> None:
    data = pa.py_buffer(b"ok\xff\xfefine")
    offsets = pa.array([0, 2, 4, 8], pa.int32()).buffers()[1]
    wrong = pa.Array.from_buffers(pa.string(), 3, [None, offsets, data])
    pq.write_table(pa.table({**ROWS, "text": wrong}), tmp_path / "posts.parquet")
    with open_store("memory://", tmp_path) as store:
        (file,) = load(store, [tmp_path / "posts.parquet"]).files
        (rejected,) = store.rejected()
        with store.view() as view:
            assert [view.count("posts"), view.count("accounts")] == [2, 0]
    assert (file.rows, file.rejected) == (3, 1)
    assert (rejected.line, rejected.field, rejected.reason) == (2, "text", "not UTF-8: text")
    assert "\\xff" in rejected.raw.replace("\\\\", "\\")
