"""A case as CSV: every table complete, and no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cases.exports import tables
from cases.exports.base import Material
from cases.exports.reading import utc
from graph.spreadsheets import harmless, to_csv
from tests import exporting, flagged

DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")


def opened(content: bytes) -> tuple[dict[str, list[dict[str, str]]], dict[str, Any]]:
    """Rows of each table by its name, and what the file says of itself."""
    with zipfile.ZipFile(io.BytesIO(content)) as kept:
        assert kept.testzip() is None
        assert {i.external_attr >> 16 for i in kept.infolist()} == {0o644}, "unpacked, they can be read"
        names = [n for n in kept.namelist() if n.endswith(".csv")]
        read = {n[:-4]: list(csv.DictReader(io.StringIO(kept.read(n).decode(), newline=""))) for n in names}
        return read, json.loads(kept.read("about.json"))


def test_each_table_holds_what_the_case_does(told: Material) -> None:
    read, about = opened(tables.make(told))
    assert set(read) == {"members", "evidence", "posts", "actions", "timeline"}
    assert {r["account"]: r["own_evidence"] for r in read["members"]} == {
        row["account"]: "yes" if row["own_evidence"] else "no" for row in told.file.subjects
    }
    assert [float(r["score"]) for r in read["members"]] == [m.score for m in flagged.shilling().members]
    (sha,) = told.snapshots
    assert [r["evidence"] for r in read["evidence"]] == [f"E1@{sha[:12]}", f"E2@{sha[:12]}"]
    assert [(r["p_value"], r["rests_on"]) for r in read["evidence"]] == [("3.2e-09", "yes"), ("", "no")]
    assert len(read["posts"]) == len(flagged.posts())
    assert [r["created_at"] for r in read["posts"]] == sorted(r["created_at"] for r in read["posts"])
    assert [r["hash"] for r in read["timeline"]] == [e["hash"] for e in told.file.timeline]
    assert about["case"] == told.file.case["id"]
    assert about["tlp"] == "TLP:AMBER"
    assert about["snapshots"] == [sha]
    assert "not guilty" in about["note"]


def test_names_of_people_at_work_stay_inside(told: Material) -> None:
    read, _ = opened(tables.make(told))
    assert "lena" not in json.dumps(read)
    assert {r["by"] for r in read["timeline"]} == {"person"}


def test_what_was_done_is_in_its_table(told: Material) -> None:
    action = {
        "id": "a1", "decision_id": "d1", "subject": "x:100", "kind": "demote_content", "state": "reversed",
        "updated_at": told.now, "reason": "=HYPERLINK(1)",
    }  # fmt: skip
    read, _ = opened(tables.make(replace(told, file=replace(told.file, actions=cast("Any", (action,))))))
    assert read["actions"] == [
        {
            "action": "a1",
            "decision": "d1",
            "subject": "x:100",
            "measure": "demote_content",
            "state": "reversed",
            "updated_at": "2026-03-02T09:00:00Z",
            "reason": "'=HYPERLINK(1)",
        }
    ]


def test_the_same_case_gives_the_same_bytes(told: Material) -> None:
    assert tables.make(told) == tables.make(told)


@settings(max_examples=60)
@given(st.text())
@example("=cmd|' /C calc'!A0")
@example(" \u00a0=1+1")
@example('x",=1+1\r\n=2')
def test_no_cell_is_one_that_a_spreadsheet_runs(told: Material, text: str) -> None:
    read, _ = opened(tables.make(exporting.holding(told, exporting.hostile(text))))
    cells = [c for rows in read.values() for row in rows for c in row.values()]
    assert not [c for c in cells if c.lstrip().startswith(DANGEROUS) and not _is_number(c)]
    assert {r["text"] for r in read["posts"]} == {harmless(text)}


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_a_post_that_two_snapshots_hold_is_told_as_it_was_captured_first(told: Material) -> None:
    edited = exporting.snapshot()
    edited["posts"][0]["text"] = "I never said that"
    read, _ = opened(tables.make(exporting.holding(told, exporting.snapshot(), edited)))
    assert len(read["posts"]) == len(flagged.posts())
    assert "I never said that" not in {r["text"] for r in read["posts"]}


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        (None, ""),
        ("", ""),
        ("2026-03-03T15:00:00.5+01:00", "2026-03-03T14:00:00Z"),
        ("2026-03-03 14:00:00", "2026-03-03T14:00:00Z"),
        (flagged.START, "2026-03-03T14:00:00Z"),
        ("yesterday", "yesterday"),
    ],
)
def test_times_are_utc_to_the_second(time: object, shown: str) -> None:
    assert utc(time) == shown


def test_a_case_without_snapshots_has_its_tables_too(told: Material) -> None:
    read, about = opened(tables.make(exporting.holding(told)))
    assert len(read["members"]) == len(flagged.ACCOUNTS)
    assert read["posts"] == read["evidence"] == about["snapshots"] == []


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\r=1", "＝1", "  =1"])
def test_what_begins_like_a_formula_is_a_text(cell: str) -> None:
    assert to_csv([cell], [[cell]]).decode().count("'") == 2
    assert to_csv(["n", "o"], [[-1.5, None], [True, [cell]]]).decode() == f"n,o\r\n-1.5,\r\nTrue,{_csv([cell])}\r\n"


def _csv(value: object) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
