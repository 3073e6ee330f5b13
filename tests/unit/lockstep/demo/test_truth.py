from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from graph.errors import IngestError
from lockstep.demo.truth import BadRow, Group, Truth, truth_file

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def truth() -> Truth:
    ring = Group(
        "r",
        "sybil_ring",
        ("p:1", "p:2"),
        flagged=True,
        why="why",
        start=MARCH,
        end=APRIL,
        tickers=("ZORKO",),
        posts=("p:7",),
    )
    fans = Group("f", "fans", ("p:3",), flagged=False, why="why not", start=MARCH, end=APRIL)
    return Truth(1, 500, 31, MARCH, APRIL, (ring, fans), (BadRow("posts", 3, "x"),), ("posts",), {"posts": 4})


def test_a_truth_is_read_back_equal(tmp_path: Path) -> None:
    truth().save(tmp_path / "t.json")
    assert Truth.load(tmp_path / "t.json") == truth()


def test_groups_are_told_apart() -> None:
    assert [g.id for g in truth().planted] == ["r"]
    assert [g.id for g in truth().lookalikes] == ["f"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"start": "yesterday"}', '{"start": 3}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(IngestError, match="not a truth file") as caught:
        Truth.load(path)
    assert caught.value.where == str(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IngestError):
        Truth.load(tmp_path / "none.json")


def test_the_truth_lies_beside_the_folder(tmp_path: Path) -> None:
    assert truth_file(tmp_path / "net") == (tmp_path / "net-truth.json").resolve()
