"""What sources say is read in their words; what they do not say is unlabelled, never innocent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detectors.evaluating.labels import NEGATIVE, POSITIVE, Labels, from_groups, from_records, of_kinds
from detectors.evaluating.matching import Group
from graph.store import open_store
from tests.stores import at, put


def said(folder: Path, **tables: list[dict[str, Any]]) -> Labels:
    """What the records say; verdicts may be on finding f, of lineage line."""
    with open_store("memory://", folder) as store:
        for name, rows in tables.items():
            put(store, name, *rows)
        with store.view() as view:
            return from_records(view, {"f": "line"})


def label(account: str, word: str, seconds: float | None = 0, source: str = "desk", **more: Any) -> dict[str, Any]:
    when = None if seconds is None else at(seconds)
    return {"account": account, "label": word, "source": source, "at": when, **more}


def verdict(subject: str, outcome: str, seconds: float = 0, **more: Any) -> dict[str, Any]:
    return {"subject": subject, "outcome": outcome, "at": at(seconds), **more}


def test_words_say_one_thing() -> None:
    assert not POSITIVE & NEGATIVE


def test_labels_count_in_known_words_and_the_newest_counts(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        labels=[
            label("x:a", "Sybil"),
            label("x:b", "benign"),
            label("x:c", "sybil", None),
            label("x:c", "benign", 5),
            label("x:d", "verified"),
            label("x:e", "sybil"),
            label("x:e", "benign", source="other"),
            label("x:f", "spam", until=at(50)),
        ],
    )
    assert found.accounts == {"x:a": True, "x:b": False, "x:c": False}
    assert found.notes == ("labels in words that say neither: verified", "accounts whose labels disagree: 1")


def test_rings_of_a_source_are_groups(tmp_path: Path) -> None:
    rows = [label(f"x:{m}", "sybil", ring_id="r1") for m in "abc"]
    rows += [label(f"x:{m}", "benign", ring_id="club") for m in "de"]
    rows += [label("x:z", "sybil", ring_id="alone")]
    assert said(tmp_path, labels=rows).groups == (
        Group("club", frozenset({"x:d", "x:e"}), positive=False),
        Group("r1", frozenset({"x:a", "x:b", "x:c"})),
    )


def test_verdicts_weigh_more_than_labels_and_a_reversed_one_is_its_opposite(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        labels=[label("x:a", "sybil", 100)],
        verdicts=[
            verdict("x:a", "no violation"),
            verdict("x:b", "violation"),
            verdict("x:c", "violation", reversed_at=at(9)),
            verdict("x:d", "hm"),
            verdict("x:e", "violation", finding_id="f"),
            verdict("x:f", "violation", finding_id="f"),
            verdict("x:g", "cleared", finding_id="f"),
            verdict("x:h", "violation", finding_id="unknown"),
        ],
    )
    assert found.accounts == {"x:a": False, "x:b": True, "x:c": False}
    assert found.verdicts == {"line": True}


def test_known_pumps_are_read_and_other_events_are_not(tmp_path: Path) -> None:
    rows = [{"ticker": t, "at": at(5), "kind": k} for t, k in (("ABC", "pump"), ("XYZ", "listing"))]
    assert said(tmp_path, events=rows).pumps == [("ABC", at(5))]


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert not said(tmp_path)
    assert Labels({"x:a": False})


def test_a_member_of_a_ring_and_of_a_crowd_ought_to_be_flagged() -> None:
    found = from_groups([Group("r", frozenset("ab")), Group("crowd", frozenset("bcd"), positive=False)])
    assert found.accounts == {"a": True, "b": True, "c": False, "d": False}


def test_rings_of_other_kinds_count_neither_way() -> None:
    groups = [Group("s", frozenset("ab"), kind="sybil_ring"), Group("p", frozenset("bc"), kind="coordinated_pump")]
    labels, apart = of_kinds(from_groups(groups), {"sybil_ring"})
    assert [g.id for g in labels.groups] == ["s"]
    assert apart == {"c"}


@pytest.mark.parametrize("reverse", [False, True])
def test_what_is_joined_later_counts(reverse: bool) -> None:
    one, other = Labels({"a": True, "b": True}), Labels({"b": False}, notes=("odd",))
    joined = other.joined(one) if reverse else one.joined(other)
    assert joined.accounts == {"a": True, "b": reverse}
    assert joined.notes == ("odd",)
