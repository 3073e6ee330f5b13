"""Tables of the transparency report: what a cell may hold, sums that must add up, and CSV that holds what was told."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.exports.dsa_rules import CATEGORIES, OTHER, PAIRS
from cases.exports.dsa_tables import QUALITATIVE, RESTRICTIONS, TABLES, TOTAL, Kind, written, wrong

NOTICES = TABLES["notices"]
OWN = TABLES["own-initiative-terms"]
COUNTS = [n for n, kind in NOTICES.columns.items() if kind is Kind.COUNT]
SCAMS, ADVERTS = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "STATEMENT_CATEGORY_CONSUMER_INFORMATION"


def row(category: str, keyword: str = "", number: int = 1, **more: Any) -> dict[str, Any]:
    return {"category": category, "sub_category": keyword, **dict.fromkeys(COUNTS, number), **more}


def test_the_tables_are_those_of_the_template() -> None:
    assert [t.section for t in TABLES.values()] == [
        "1.1", "1.2", "1.3", "1.4", "1.4", "1.5", "1.5", "1.6", "1.6", "1.7", "1.8", "2",
    ]  # fmt: skip
    assert len(RESTRICTIONS) == 14
    assert len(QUALITATIVE) == 11
    assert len({t.file for t in TABLES.values()}) == len(TABLES)
    for table in TABLES.values():
        assert set(table.key) <= set(table.columns)
        assert set(table.values) <= set(table.columns)
        assert set(table.parts) <= set(table.columns)


@pytest.mark.parametrize(
    ("name", "cells", "why"),
    [
        ("recipients", {"average_monthly_recipients": 1.5}, "no whole number"),
        ("recipients", {"average_monthly_recipients": -1}, "out of its range"),
        ("recipients", {"average_monthly_recipients": True}, "is no number"),
        ("recipients", {"average_monthly_recipients": "12"}, "is no number"),
        ("recipients", {"average_monthly_recipients": float("nan")}, "is no number"),
        ("recipients", {"member_state": 1}, "is no text"),
        ("recipients", {"member_state": "=DE"}, "begins like a formula"),
        ("recipients", {"member_state": " +DE"}, "begins like a formula"),
        ("recipients", {"member_state": "@DE"}, "begins like a formula"),
        ("recipients", {"member_state": "D\x00E"}, "begins like a formula"),
        ("recipients", {"people": 3}, "is no column"),
        ("classifiers", {"classifier": "sybil", "scope": TOTAL, "accuracy": 1.01}, "out of its range"),
        ("classifiers", {"classifier": "sybil", "scope": "ALL"}, "may not be 'ALL'"),
        ("human-resources", {"language": "de", "full_time_equivalents": -0.5}, "out of its range"),
        ("orders", {"member_state": "US", "category": SCAMS}, "may not be 'US'"),
        ("orders", {"category": SCAMS}, "may not be ''"),
        ("notices", {"category": "SCAMS"}, "may not be 'SCAMS'"),
        ("notices", {"category": ADVERTS, "sub_category": "KEYWORD_PHISHING"}, "no sub-category of it"),
        ("notices", {"category": TOTAL, "sub_category": OTHER}, "no sub-category of it"),
        ("complaints", {"type_of_decision": TOTAL, "decided": 3, "upheld": 1, "reversed": 1}, "add up to 2"),
        ("automated-measures", {"ground": TOTAL, "measures": 3, "solely_automated": 4}, "add up to 4"),
        ("own-initiative-illegal", {"category": SCAMS, "measures": 2, "visibility_removal": 1}, "add up to 1"),
    ],
)
def test_a_cell_that_cannot_be_is_refused(name: str, cells: dict[str, Any], why: str) -> None:
    table = TABLES[name]
    said = wrong(table, [cells])
    assert [s for s in said if why in s], said
    assert all(s.startswith(table.file) for s in said)


def test_zero_and_blank_are_two_things() -> None:
    told = written(
        TABLES["recipients"], [{"member_state": "DE", "average_monthly_recipients": 0}, {"member_state": "FR"}]
    )
    assert told == b"member_state,average_monthly_recipients\r\nDE,0\r\nFR,\r\n"
    shares = {"classifier": 'a, "b"', "scope": TOTAL, "accuracy": 1.0, "precision": 0.123456, "recall": 0.0}
    assert wrong(TABLES["classifiers"], [shares]) == []
    assert written(TABLES["classifiers"], [shares]).splitlines()[1] == b'"a, ""b""",TOTAL,1.0,0.1235,0.0'


def test_a_row_is_there_once() -> None:
    assert [s for s in wrong(NOTICES, [row(SCAMS), row(SCAMS)]) if "is there twice" in s]


def test_sub_categories_need_their_category() -> None:
    assert [s for s in wrong(NOTICES, [row(SCAMS, OTHER)]) if "have no row that they add up to" in s]


def test_a_whole_that_is_not_told_while_its_parts_are() -> None:
    rows = [row(SCAMS, number=1, items=None), row(SCAMS, OTHER)]
    assert wrong(NOTICES, rows) == [
        f"{NOTICES.file}, items: the sub-categories of {SCAMS} are told, and the whole is not"
    ]


def test_parts_that_are_not_all_known_are_no_more_than_the_whole() -> None:
    rows = [row(SCAMS, number=5), row(SCAMS, OTHER, items=None), row(SCAMS, "KEYWORD_PHISHING", 4)]
    assert wrong(NOTICES, rows) == []
    rows[2]["items"] = 6
    assert len(wrong(NOTICES, rows)) == 1


def test_states_are_apart() -> None:
    orders = [
        {"member_state": s, "category": c, "orders": n} for s, n in (("DE", 2), ("FR", 5)) for c in (TOTAL, SCAMS)
    ]
    assert wrong(TABLES["orders"], orders) == []
    orders[0]["orders"] = 3
    assert len(wrong(TABLES["orders"], orders)) == 1


@st.composite
def reports(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of notices that add up."""
    rows, totals = [], dict.fromkeys(COUNTS, 0)
    for category in draw(st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=4, unique=True)):
        of = dict.fromkeys(COUNTS, 0)
        keywords = draw(
            st.lists(st.sampled_from([*sorted(PAIRS[category]), OTHER]), min_size=1, max_size=3, unique=True)
        )
        for keyword in keywords:
            counts = {n: draw(st.integers(0, 9)) for n in COUNTS}
            of = {n: of[n] + counts[n] for n in COUNTS}
            rows.append({"category": category, "sub_category": keyword, **counts})
        rows.append({"category": category, **of})
        totals = {n: totals[n] + of[n] for n in COUNTS}
    return draw(st.permutations([*rows, {"category": TOTAL, **totals}]))


@given(reports(), st.data())
def test_what_adds_up_is_taken_and_what_does_not_is_refused(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    assert wrong(NOTICES, rows) == []
    changed = data.draw(st.sampled_from(range(len(rows))))
    name = data.draw(st.sampled_from(COUNTS))
    rows[changed] = {**rows[changed], name: rows[changed][name] + data.draw(st.integers(1, 3))}
    assert wrong(NOTICES, rows)


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), max_size=5, unique=True))
def test_a_text_that_is_taken_is_read_back_as_it_was(texts: list[str]) -> None:
    table = TABLES["identification"]
    rows = [{"item": f"item {n}", "value": text} for n, text in enumerate(texts)]
    taken = [r for r in rows if not wrong(table, [r])]
    content = written(table, taken)
    read = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert read == [["item", "value"], *([r["item"], r["value"]] for r in taken)]
    assert not any(r["value"].lstrip().startswith(tuple("=+-@")) for r in taken)
