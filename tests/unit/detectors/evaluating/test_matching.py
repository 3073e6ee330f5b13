"""Which finding is which group: the best one, how much of it, and whether it is in several or with others."""

from __future__ import annotations

import dataclasses

import pytest

from detectors.evaluating.matching import Group, Outcome, match, named, overlap, true_findings
from graph.findings import Finding, Member, Role
from tests.stores import finding


def ring(name: str, accounts: str, *, fringe: str = "", lineage: str = "") -> Finding:
    """A finding that names one account a letter."""
    members = [Member(a, 0.5, Role.FRINGE if a in fringe else Role.CORE) for a in accounts]
    return dataclasses.replace(finding(name), members=tuple(members), id=name, lineage_id=lineage or name)


def group(name: str, accounts: str, *, positive: bool = True) -> Group:
    return Group(name, frozenset(accounts), positive)


def test_overlap_by_hand() -> None:
    o = overlap("abcx", "abcdef")
    assert (o.shared, o.precision, o.recall) == (3, 0.75, 0.5)
    assert o.jaccard == pytest.approx(3 / 7)
    assert o.f1 == pytest.approx(0.6)
    assert overlap("ab", "cd").f1 == overlap("", "ab").f1 == 0


def test_those_a_finding_calls_fringe_are_not_named_unless_all_are() -> None:
    assert named(ring("f", "abcd", fringe="cd")) == {"a", "b"}
    assert named(ring("f", "abcd", fringe="abcd")) == set("abcd")


def test_the_most_alike_finding_stands_for_a_group() -> None:
    found = [ring("f1", "abxyz"), ring("f2", "abc"), ring("f3", "pq")]
    (one,) = match([group("g", "abcd")], found)
    assert (one.finding, one.outcome, one.best.shared) == ("f2", Outcome.FOUND, 3)
    assert (one.split, one.merged) == (1, ())
    assert match([group("g", "abcd")], found[::-1]) == [one]


def test_outcomes_of_a_group_found_in_part_and_not_at_all() -> None:
    outcomes = [
        m.outcome for m in match([group("g", "abcdef"), group("h", "uvw"), group("i", "xw")], [ring("f", "abx")])
    ]
    assert outcomes == [Outcome.PARTLY, Outcome.MISSED, Outcome.FOUND]
    assert match([group("g", "abcdef")], [ring("f", "axyz")])[0].outcome is Outcome.MISSED


def test_a_group_split_between_findings_and_groups_merged_in_one() -> None:
    (one,) = match([group("g", "abcdef")], [ring("f1", "abc"), ring("f2", "def")])
    assert (one.split, one.outcome) == (2, Outcome.FOUND)
    found = match(
        [group("g", "abc"), group("h", "xyz"), group("fans", "uvw", positive=False)], [ring("f", "abcxyzuvw")]
    )
    assert [m.merged for m in found] == [("h",), ("g",), ("g", "h")]


def test_a_lineage_counts_as_a_whole_as_well() -> None:
    found = [ring("f1", "abc", lineage="f1"), ring("f2", "cdef", lineage="f1"), ring("f3", "abq")]
    (one,) = match([group("g", "abcdef")], found)
    assert one.best.shared == 4
    assert one.whole.f1 == 1


def test_a_finding_is_true_when_half_of_those_named_are_guilty() -> None:
    found = [ring("f1", "abxy"), ring("f2", "axyz"), ring("f3", "abxyz", fringe="xyz")]
    assert true_findings(found, "abc") == [True, False, True]
