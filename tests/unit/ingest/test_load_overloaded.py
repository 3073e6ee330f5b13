"""A store that has too little memory for a large transaction gets small ones."""

from __future__ import annotations

from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from graph.errors import StoreOverloaded
from graph.store import Written, open_store
from graph.stores.memory import MemoryWriter
from ingest.formats.base import BLOCK_ROWS
from ingest.load import CRAMPED_ROWS, load

BLOCKS = 3


def posts(folder: Path) -> Path:
    path = folder / "posts.jsonl"
    lines = (
        {"post_id": str(i), "account_id": f"a{i % 97}", "created_at": "2026-03-01T00:00:00Z"}
        for i in range(BLOCKS * BLOCK_ROWS)
    )
    path.write_bytes(b"\n".join(orjson.dumps(line) for line in lines))
    return path


def bounded(monkeypatch: pytest.MonkeyPatch, rows: int) -> list[int]:
    """Let the store refuse larger batches; sizes of those it took."""
    taken: list[int] = []
    write = MemoryWriter.write

    def refuse(self: MemoryWriter, table: str, batch: pa.RecordBatch) -> Written:
        if len(batch) > rows:
            raise StoreOverloaded("the server has too little memory for this")
        taken.append(len(batch))
        return write(self, table, batch)

    monkeypatch.setattr(MemoryWriter, "write", refuse)
    return taken


def test_what_is_too_large_is_loaded_little_by_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = posts(tmp_path)
    with open_store("memory://", tmp_path / "plain") as store:
        plain = load(store, [path]).files[0]
    taken = bounded(monkeypatch, CRAMPED_ROWS)
    with open_store("memory://", tmp_path / "bounded") as store:
        report = load(store, [path]).files[0]
        assert taken == [CRAMPED_ROWS] * (BLOCKS * BLOCK_ROWS // CRAMPED_ROWS)
        assert next(iter(store.checkpoints().values()))["done"]
        with store.view() as view:
            assert view.count("posts") == BLOCKS * BLOCK_ROWS
    assert (report.rows, report.tables, report.error) == (plain.rows, plain.tables, None)


def test_a_store_that_takes_not_even_little_ends_the_file_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounded(monkeypatch, CRAMPED_ROWS - 1)
    with open_store("memory://", tmp_path / "data") as store, pytest.raises(StoreOverloaded):
        load(store, [posts(tmp_path)])
