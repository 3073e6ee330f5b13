"""``lockstep check``: lists in files and on standard input, answers for people, machines and spreadsheets."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from graph.store import open_store
from tests.cli import lockstep
from tests.stores import finding, put, run

STORE = ("--store", "sqlite:///graph.db", "--data-dir", "data")


@pytest.fixture(autouse=True)
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store with a finding on x:anna and x:bo; one handle looks like a formula."""
    monkeypatch.chdir(tmp_path)
    with open_store("sqlite:///graph.db", tmp_path / "data") as store:
        put(store, "accounts", {"account": "x:anna", "handle": "anna"}, {"account": "x:bo", "handle": "=bo"})
        with store.writer() as writer:
            writer.add_run(run(), [finding(run_id="run-1")])


def test_a_list_of_lines(tmp_path: Path) -> None:
    Path("list.txt").write_text("\ufeff@anna\n\n@nobody\nnot a name\n", encoding="utf-8")
    ran = lockstep("check", "list.txt", *STORE)
    assert ran.code == 0, ran.err
    assert "@anna: in a finding" in ran.out
    assert "@nobody: not found: nothing loaded carries this name" in ran.out
    assert "not a name: not understood" in ran.out
    assert "not thereby clean" in ran.err


def test_machines_get_every_line_and_what_it_stands_on() -> None:
    Path("list.csv").write_text("note,Handle\nfirst,@anna\nsecond,@nobody\n")
    document = lockstep("check", "list.csv", *STORE, "--json").json
    assert [(a["entry"], a["lines"], a["answer"]) for a in document["answers"]] == [
        ("@anna", [2], "in a finding"),
        ("@nobody", [3], "not found: nothing loaded carries this name"),
    ]
    assert [r["detector"] for r in document["stands_on"]] == ["shilling"]


def test_a_named_column_and_one_that_is_not_there() -> None:
    Path("list.tsv").write_text("who\twhat\n@anna\tx\n")
    assert lockstep("check", "list.tsv", *STORE, "--column", "who", "--json").json["counts"]["in a finding"] == 1
    ran = lockstep("check", "list.tsv", *STORE, "--column", "when")
    assert (ran.code, "it has who, what" in ran.err) == (2, True)


def test_standard_input_and_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"@anna\n")))
    assert lockstep("check", "-", *STORE, "--fail-on", "medium").code == 10
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"@anna\n")))
    assert lockstep("check", "-", *STORE, "--fail-on", "high").code == 0


def test_answers_as_a_file_that_no_spreadsheet_computes() -> None:
    Path("list.txt").write_text("@anna\n=1+1\n")
    assert lockstep("check", "list.txt", *STORE, "--out", "answers.csv").code == 0
    with Path("answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["entry"] for r in rows] == ["'@anna", "'=1+1"]
    assert rows[0]["beside"] == "'@=bo"


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "no entries"), (b"\xff\xfe\x00", "is no UTF-8 text")], ids=["empty", "bytes"]
)
def test_what_is_no_list_is_said(content: bytes, said: str) -> None:
    Path("list.txt").write_bytes(content)
    ran = lockstep("check", "list.txt", *STORE)
    assert (ran.code, said in ran.err) == (3, True)
    assert lockstep("check", "absent.txt", *STORE).code == 3


def test_a_store_on_which_nothing_ran_says_so(tmp_path: Path) -> None:
    with open_store("sqlite:///new.db", tmp_path / "new") as store:
        put(store, "accounts", {"account": "x:anna", "handle": "anna"})
    Path("list.txt").write_text("@anna\n")
    ran = lockstep("check", "list.txt", "--store", "sqlite:///new.db", "--data-dir", "new")
    assert "no detector has run" in ran.err
    assert "known, in no finding" in ran.out
