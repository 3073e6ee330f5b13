"""What the benchmark of demo networks says of findings that are made by hand."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence

import pytest

from bench.judging import network
from bench.judging.network import Judged, Lesson
from detectors.scoring.ranking import Example
from graph.findings import Finding, Member, Role
from lockstep.demo.truth import Group, Truth
from tests.stores import at, finding


def group(name: str, kind: str, members: str, *, hidden: str = "", flagged: bool = True) -> Group:
    return Group(name, kind, tuple(members), flagged, "made by hand", at(0), at(1), hidden=hidden)


TRUTH = Truth(
    1,
    500,
    10,
    at(0),
    at(1),
    (
        group("shill-copied-1", "shilling_cluster", "abcd"),
        group("shill-unseen-1", "shilling_cluster", "efgh", hidden="too far apart"),
        group("sybil-farm-1", "sybil_ring", "ijk"),
        group("fans-1", "fans", "uvwxyz", flagged=False),
    ),
)


def ring(detector: str, members: str, score: float, *, fringe: str = "") -> Finding:
    name = f"{detector} {members}"
    people = tuple(Member(m, 0.5, Role.FRINGE if m in fringe else Role.CORE) for m in members)
    return dataclasses.replace(finding(name), detector=detector, members=people, score=score, id=name, lineage_id=name)


def judged(findings: Sequence[Finding], lessons: Sequence[Lesson] = (), seed: int = 1) -> Judged:
    own, union, everybody = network._matches(TRUTH, findings)
    precision, wrong = network._first(TRUTH, findings)
    order = network._order(TRUTH, findings)
    return Judged(seed, TRUTH, own, union, everybody, precision, order, wrong, lessons, 1.0, ())


def test_a_group_is_found_by_its_own_detector_or_by_another() -> None:
    one = judged([ring("shilling", "abcdq", 0.9, fringe="q"), ring("shilling", "ijk", 0.8), ring("sybil", "uvw", 0.7)])
    said = {r.name: r for r in network.figures([one])}
    assert said["shill-copied: member F1"].value == 1
    assert said["shill-copied: member F1 with fringe members"].value == pytest.approx(8 / 9)
    assert said["sybil-farm: found"].value == 0
    assert said["sybil-farm: found"].met is False
    assert said["sybil-farm: member F1, any detector"].value == 1
    assert said["shill-unseen, out of reach: found"].target is None
    assert said["precision at k, shilling_cluster"].value == 1
    assert said["precision at k, sybil_ring"].value == 0
    assert said["precision at k, all kinds"].value == 1
    assert said["shilling: precision of all of them"].value == 1
    assert said["sybil: precision of all of them"].value == 0
    assert network._average([False, True, False, True]) == pytest.approx(0.5)
    assert network._average([False]) == 0


def test_what_was_missed_is_listed_and_so_is_what_was_wrong() -> None:
    text = network.missed(judged([ring("sybil", "uvw", 0.7)]))
    assert text.startswith("3 of 3 groups below a member F1 of 0.9")
    assert "sybil-farm-1: missed, member F1 0.00; made by hand" in text
    assert "wrong among the first: sybil_ring 0.70: 3 of 3 are fans-1's" in text


def test_few_findings_are_no_precision() -> None:
    assert judged([]).precision == {"all kinds": 0, "shilling_cluster": 0, "sybil_ring": 0}


def lessons(seed: int, wrong: int) -> list[Lesson]:
    """Ten findings of a network; those that are wrong have a low value of the one feature, and a high stated score."""
    rng = random.Random(seed)
    return [
        Lesson("sybil", Example({"x": rng.gauss(2.0 * (i >= wrong), 0.5)}, i >= wrong, f"{seed} {i}"), rng.random())
        for i in range(10)
    ]


def test_what_verdicts_teach_is_judged_on_other_networks() -> None:
    said = {r.name: r for r in network.learnt("sybil", [judged([], lessons(s, 5), s) for s in range(10)])}
    assert said["sybil: AP of findings, learnt from verdicts"].value > 0.95
    assert said["sybil: AP of findings, stated"].value < 0.75
    assert said["sybil: ECE, learnt from verdicts"].value < 0.15
    assert network.learnt("sybil", [judged([], lessons(s, 1), s) for s in range(10)]) == []  # too few to learn from
