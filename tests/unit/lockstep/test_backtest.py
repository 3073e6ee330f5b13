"""``lockstep backtest``: reads only, over times of the data or commits, and says what would change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graph.store import open_store
from tests.cli import Ran, lockstep
from tests.coactions import planted
from tests.stores import fill


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with a planted ring."""
    with open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path / "data") as store:
        fill(store, planted())
    return tmp_path


def run(folder: Path, *more: object) -> Ran:
    return lockstep("backtest", *more, "--store", f"sqlite:///{folder / 'graph.db'}", "--data-dir", folder / "data")


def test_a_stricter_parameter_makes_a_ring_vanish_and_nothing_is_recorded(folder: Path) -> None:
    ran = run(folder, "--set", "shilling.min_ring=6", "--step", "28d", "--json")
    assert ran.code == 0, ran.err
    (said,) = ran.json
    assert said["detector"] == "shilling"
    assert said["changed"] == {"min_ring": [3, 6]}
    assert said["counts"]["vanishes"]["rings"] >= 1
    assert any({f"x:member{i}" for i in range(5)} <= set(r["accounts"]) for r in said["rings"])
    with open_store(f"sqlite:///{folder / 'graph.db'}", folder / "data") as store, store.view() as view:
        assert [*view.findings(), *view.runs()] == []


def test_a_page_and_a_file_of_json(folder: Path) -> None:
    options = ("shilling", "--step", "28d", "--commits", "--until", "2020-01-01", "--out")
    assert run(folder, *options, folder / "said.json").code == 0
    (said,) = json.loads((folder / "said.json").read_bytes())
    assert said["rings"] == []  # nothing was loaded by then
    assert run(folder, *options, folder / "page.md").code == 0
    assert (folder / "page.md").read_text().startswith("# Backtest of shilling")


@pytest.mark.parametrize(
    ("more", "code", "word"),
    [
        (("shiling",), 2, "shilling"),
        (("shilling", "--out", "page.pdf"), 2, "cannot write .pdf"),
        (("shilling", "--step", "1m"), 2, "between 1 and 366"),
        (("shilling", "--since", "2100-01-01"), 2, "0 runs"),
        (("--set", "shilling.min_rng=6"), 2, "min_ring"),
        (("shilling", "--until", "2020-01-01", "--step", "28d", "--out", "none/page.md"), 2, "cannot be written"),
    ],
)
def test_what_cannot_be_is_said(folder: Path, more: tuple[str, ...], code: int, word: str) -> None:
    ran = run(folder, *more)
    assert (ran.code, word in ran.err) == (code, True), ran.err


def test_an_empty_store_has_no_past(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'graph.db'}", tmp_path / "data"):
        pass
    assert run(tmp_path, "shilling").code == 3
