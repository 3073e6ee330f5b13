"""Metrics say what they would by hand, and what scikit-learn says."""

from __future__ import annotations

import dataclasses
import random
from datetime import timedelta
from typing import Any
from xml.dom import minidom

import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score, roc_auc_score

from detectors.evaluating.case import Case, Figure
from detectors.evaluating.labels import Labels, from_groups
from detectors.evaluating.matching import Group
from detectors.evaluating.metrics.base import Section, discover
from detectors.evaluating.people import People
from detectors.evaluating.report import evaluate, shown
from graph.findings import Finding, Member, Priority, Role, Status, Window
from tests.stores import at, finding

DAY = 86_400.0


def ring(name: str, accounts: str, score: float = 0.5, *, end: float = 0.0, cut: int = 1, **changed: Any) -> Finding:
    """A finding that names one account a letter, with a window of an hour."""
    members = tuple(Member(a, score, Role.CORE) for a in accounts)
    window = Window(at(end - 3600), at(end))
    how: dict[str, Any] = {
        "id": name,
        "lineage_id": name,
        "members": members,
        "score": score,
        "window": window,
        "data_cut": cut,
    }
    return dataclasses.replace(finding(name), **{**how, "tickers": (), **changed})


def measured(metric: str, case: Case) -> Section:
    """What one metric says."""
    (found,) = [m for m in discover() if m.name == metric]
    return found.measure(case)


def values(section: Section) -> dict[str, float | None]:
    return {f.name: f.value for f in section.figures}


def figure(section: Section, name: str) -> Figure:
    return next(f for f in section.figures if f.name == name)


def test_every_metric_is_found_and_says_nothing_wrong_of_nothing() -> None:
    metrics = discover()
    assert [m.name for m in metrics] == [
        "accounts", "findings", "rings", "pumps", "calibration", "delay", "alerts", "fairness",
    ]  # fmt: skip
    for metric in metrics:
        assert metric.about.endswith(".")
        assert metric.measure(Case(Labels(), People([]), [])).figures in ([], ())


def test_account_figures_are_those_of_scikit_learn() -> None:
    rng = random.Random(3)
    names = [f"n{i:03}" for i in range(300)]
    truth = {n: rng.random() < 0.2 for n in names[:200]}
    scores = {n: round(min(1.0, rng.random() + 0.3 * truth.get(n, False)), 2) for n in names}
    named = [n for n in names if scores[n] > 0.8]
    found = dataclasses.replace(ring("f", "a"), members=tuple(Member(n, 0.5, Role.CORE) for n in named))
    said = values(measured("accounts", Case(Labels(truth), People(names), [found], scores, draws=20)))
    for prefix, rows in (("labelled only: ", names[:200]), ("all: ", names)):
        y = [truth.get(n, False) for n in rows]
        flagged, score = [n in set(named) for n in rows], [scores[n] for n in rows]
        expected = {
            "precision": precision_score(y, flagged),
            "recall": recall_score(y, flagged),
            "F1": f1_score(y, flagged),
            "AP": average_precision_score(y, score),
            "AUC": roc_auc_score(y, score),
        }
        assert {k: said[prefix + k] for k in expected} == pytest.approx(expected)


def test_unlabelled_accounts_are_left_out_or_count_as_innocent_and_those_apart_do_neither() -> None:
    case = Case(Labels({"a": True, "b": False}), People(list("abcde")), [ring("f", "acd")], apart=frozenset("d"))
    said = values(measured("accounts", case))
    assert said["labelled only: precision"] == 1
    assert said["all: precision"] == 0.5


def test_a_finding_is_true_by_verdict_pump_or_labels_in_that_order() -> None:
    labels = Labels({"a": True, "b": True, "c": False, "d": False}, (), {"f2": False}, [("ABC", at(DAY / 2))])
    found = [
        ring("f1", "abcx"),
        ring("f2", "ab"),
        ring("f3", "cd"),
        ring("f4", "cd", tickers=("ABC",)),
        ring("f5", "cd", tickers=("ABC",), end=30 * DAY),
        ring("f6", "xyz"),
    ]
    case = Case(labels, People(list("abcdxyz")), found)
    assert case.truth == [1, 0, 0, 1, 0, -1]
    said = values(measured("findings", case))
    assert said["known only: precision"] == pytest.approx(2 / 5)
    assert said["all, the others as wrong: precision"] == pytest.approx(2 / 6)


def test_precision_at_k_takes_the_most_urgent_first() -> None:
    labels = from_groups([Group("g", frozenset("ab")), Group("fans", frozenset("cd"), positive=False)])
    found = [ring("f1", "ab", 0.3, priority=Priority.HIGH), ring("f2", "cd", 0.9, priority=Priority.NOTE)]
    assert values(measured("findings", Case(labels, People(list("abcd")), found)))["precision at 1"] == 1


def test_rings_are_named_with_what_became_of_them() -> None:
    labels = from_groups([Group("g", frozenset("abcd"), why="one device"), Group("h", frozenset("uvw"))])
    section = measured("rings", Case(labels, People(list("abcduvwx")), [ring("f", "abcx")]))
    assert [tuple(map(str, row)) for row in section.rows] == [
        ("g", "found", "3", "4", "0.75", "f", "", "one device"),
        ("h", "missed", "0", "3", "0.0", "", "", ""),
    ]
    assert values(section)["found"] == 0.5
    assert figure(section, "found").low == 0
    assert figure(section, "found").high == 1


def test_superseded_and_shadow_findings_are_not_judged() -> None:
    found = [ring("f1", "ab"), ring("f2", "abc", supersedes="f1"), ring("f3", "xy", status=Status.SHADOW)]
    assert [f.id for f in Case(Labels(), People([]), found).findings] == ["f2"]


def test_calibration_by_hand() -> None:
    labels = Labels({}, (), {f"f{i}": i < 8 for i in range(10)})
    section = measured("calibration", Case(labels, People([]), [ring(f"f{i}", "ab", 0.6) for i in range(10)]))
    assert values(section)["findings: ECE"] == pytest.approx(0.2)
    assert values(section)["findings: Brier"] == pytest.approx(0.8 * 0.16 + 0.2 * 0.36)
    assert values(section)["findings: Brier of one score for all"] == pytest.approx(0.16)
    assert [list(row) for row in section.rows] == [["findings", "0.600 … 0.600", "0.600", "0.800", 10]]
    assert minidom.parseString(section.picture).getElementsByTagName("svg")  # noqa: S318 - made here


def test_delay_is_from_the_first_act_to_the_first_finding_that_names_half() -> None:
    groups = [Group("g", frozenset("abcd"), start=at(0)), Group("h", frozenset("uvw")), Group("i", frozenset("pq"))]
    found = [
        ring("f1", "ax", cut=1),
        ring("f2", "abx", cut=2, lineage_id="f1", supersedes="f1"),
        ring("f3", "abcd", cut=3, lineage_id="f1", supersedes="f2"),
        ring("f4", "uvw", end=2 * DAY, cut=3),
    ]
    cuts = {1: at(DAY), 2: at(2 * DAY), 3: at(3 * DAY)}
    section = measured("delay", Case(from_groups(groups), People(list("abcduvwpq")), found, cuts=cuts))
    assert [(row[0], row[2], row[4], row[5]) for row in section.rows] == [
        ("g", "source", 48.0, "f2"),
        ("h", "evidence", 25.0, "f4"),
    ]
    assert figure(section, "median").value == 36.5
    assert figure(section, "median").unit == "h"
    assert section.notes == ("1 of 3 groups were never found",)


def test_alerts_a_day_are_over_all_days_of_the_data() -> None:
    found = [
        ring("f1", "ab", end=0.5 * DAY, priority=Priority.HIGH),
        ring("f2", "cd", end=0.6 * DAY, priority=Priority.LOW),
        ring("f3", "ef", end=3.5 * DAY, priority=Priority.LOW),
    ]
    start = at(0).replace(hour=0, minute=0, second=0)
    case = Case(Labels({"c": False, "d": False}), People([]), found, span=(start, start + timedelta(days=9.5)))
    said = values(measured("alerts", case))
    assert said["any priority a day"] == pytest.approx(0.3)
    assert said["high a day"] == pytest.approx(0.1)
    assert said["known to be wrong a day"] == pytest.approx(0.1)


def test_false_positive_rates_by_language_on_a_made_example() -> None:
    names = [f"n{i:03}" for i in range(100)]
    language = {n: "en" if i < 60 else "ja" for i, n in enumerate(names[:95])}
    script = {n: "latin" if language.get(n) == "en" else "japanese" for n in names[:95]}
    wrong = [*names[:3], *names[60:67]]  # 3 of 60 who write English, 7 of 35 who write Japanese
    found = dataclasses.replace(ring("f", "a"), members=tuple(Member(n, 0.5, Role.CORE) for n in [*wrong, "bad"]))
    labels = Labels({"bad": True, **dict.fromkeys(names[:80], False)})
    section = measured("fairness", Case(labels, People([*names, "bad"], language, script), [found]))
    said = {f.name: [round(f.value or 0.0, 9), f.of] for f in section.figures}
    assert said["all: language en"] == [0.05, 60]
    assert said["all: language ja"] == [0.2, 35]
    assert said["all: everybody"] == [0.1, 100]
    assert said["all: language others"] == [0, 5]
    assert said["all: script japanese"] == [0.2, 35]
    assert said["labelled only: language ja"] == [0.35, 20]
    assert (figure(section, "all: language others").high or 0) > 0.3  # none flagged of five proves little


def test_known_pumps_are_called_or_listed_as_missed() -> None:
    labels = Labels(pumps=[("ABC", at(600)), ("ABC", at(-7200)), ("XYZ", at(0))])
    section = measured("pumps", Case(labels, People([]), [ring("f", "ab", tickers=("ABC",))]))
    assert values(section) == {"recall": pytest.approx(2 / 3), "recall, evidence before the pump": pytest.approx(1 / 3)}
    assert [row[0] for row in section.rows] == ["$XYZ"]


def test_a_report_is_the_same_whatever_the_order_and_keeps_what_sources_write_in_its_cell() -> None:
    groups = [Group("a|b\n# c", frozenset("abcd"), why="<img src=x>"), Group("h", frozenset("uvw"))]
    found = [ring("f1", "abcx", 0.7), ring("f2", "uv", 0.4)]
    one, other = (
        evaluate(Case(from_groups(groups), People(list("abcduvwx")), f, draws=30), {"data": "made"})
        for f in (found, found[::-1])
    )
    assert one.as_dict() == other.as_dict()
    page = one.markdown({"calibration": "plot.svg"})
    assert "| a\\|b # c | found |" in page
    assert "<img" not in page.replace("\\<", "")
    assert "![Calibration](plot.svg)" in page
    assert shown(None) == "–"
