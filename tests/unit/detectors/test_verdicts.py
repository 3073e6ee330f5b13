"""What people decided teaches: by lineage, the last word counting, and a reversal as the opposite."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from detectors.scoring.ranking import Example
from detectors.scoring.verdicts import examples, meaning
from graph.findings import Finding, Reason
from graph.store import open_store
from tests.stores import at, finding, put, run

KINDS = ("shilling_cluster",)


def known(name: str, value: float = 0.5, **changed: Any) -> Finding:
    """A finding that has a feature."""
    return dataclasses.replace(finding(name, **changed), reasons=(Reason("burst size", value, 0.0, 0.0),))


def taught(folder: Path, found: list[Finding], *rows: dict[str, Any]) -> tuple[list[Example], int]:
    """Examples of a store with these findings and verdicts."""
    with open_store("memory://", folder) as store:
        with store.writer() as writer:
            writer.add_run(run(), found)
        if rows:
            put(store, "verdicts", *rows)
        with store.view() as view:
            return examples(view, KINDS)


def verdict(found: Finding, outcome: str, seconds: float = 0, subject: str = "x:anna", **more: Any) -> dict[str, Any]:
    return {"subject": subject, "outcome": outcome, "at": at(seconds), "finding_id": found.id, **more}


@pytest.mark.parametrize(
    ("word", "found"),
    [("Violation", True), ("true_positive", True), ("FALSE-positive", False), ("no  action", False), ("hm", None)],
)
def test_outcomes_in_a_sources_own_words(word: str, found: bool | None) -> None:
    assert meaning(word) is found


def test_a_verdict_labels_its_finding(tmp_path: Path) -> None:
    one, other = known("one", 0.2), known("other", 0.8)
    found, unknown = taught(tmp_path, [one, other], verdict(one, "violation", 5), verdict(other, "dismissed", 9))
    assert sorted((e.lineage, e.confirmed, e.at, dict(e.values)) for e in found) == sorted(
        [(one.id, True, at(5), {"burst size": 0.2}), (other.id, False, at(9), {"burst size": 0.8})]
    )
    assert unknown == 0


def test_a_reversal_counts_as_the_opposite_from_its_day(tmp_path: Path) -> None:
    one = known("one")
    ((found,), _) = taught(tmp_path, [one], verdict(one, "violation", 5, reversed_at=at(50)))
    assert (found.confirmed, found.at) == (False, at(50))


def test_the_last_word_on_a_subject_counts_and_the_majority_of_subjects(tmp_path: Path) -> None:
    one = known("one")
    ((found,), _) = taught(tmp_path, [one], verdict(one, "violation", 5), verdict(one, "cleared", 6))
    assert not found.confirmed
    rows = [verdict(one, word, 5, subject=f"x:{i}") for i, word in enumerate(("abuse", "abuse", "benign"))]
    ((found,), _) = taught(tmp_path, [one], *rows)
    assert found.confirmed
    assert taught(tmp_path, [one], *rows[1:]) == ([], 0)  # one says so, one the opposite


def test_a_verdict_on_an_earlier_run_labels_the_ring_seen_again(tmp_path: Path) -> None:
    first = known("first", 0.1)
    again = known("again", 0.9, lineage_id=first.id, supersedes=first.id, data_cut=2)
    ((found,), _) = taught(tmp_path, [first, again], verdict(first, "violation"))
    assert (found.lineage, dict(found.values)) == (first.id, {"burst size": 0.9})


def test_what_teaches_nothing_is_left_out(tmp_path: Path) -> None:
    one, old = known("one"), finding("old")
    rows = [
        {"subject": "x:anna", "outcome": "violation", "at": at(0)},  # about no finding
        verdict(old, "violation", 1),  # recorded before there were features
        verdict(one, "wait and see", 2),
        {**verdict(one, "violation", 3), "finding_id": "nowhere"},
        {**verdict(known("elsewhere"), "no such word", 4)},
    ]
    assert taught(tmp_path, [one, old], *rows) == ([], 1)
    assert taught(tmp_path, [one]) == ([], 0)
