from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.findings import (
    Checked,
    Evidence,
    Explanation,
    Finding,
    Layer,
    Member,
    Priority,
    Reason,
    Role,
    Run,
    Status,
    Window,
    digest,
    finding_from_json,
    run_from_json,
    to_json,
)
from graph.model import NodeRef, NodeType
from tests.stores import at, finding, run

TEXTS = st.text(max_size=8)
UNIT = st.floats(0, 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
MOMENTS = st.integers(0, 10**9).map(lambda n: at(n / 1000))
NODES = st.builds(NodeRef, st.sampled_from(NodeType), TEXTS)
EVIDENCE = st.builds(
    Evidence, TEXTS, NUMBERS, NUMBERS, st.none() | UNIT, TEXTS, st.lists(NODES, max_size=3).map(tuple), st.tuples(TEXTS)
)
PARAMS = st.dictionaries(TEXTS, st.booleans() | st.integers(-(2**53), 2**53) | NUMBERS | TEXTS, max_size=3)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    evidence = tuple(draw(st.lists(EVIDENCE, min_size=1, max_size=3, unique_by=lambda e: e.ref)))
    refs = st.lists(st.sampled_from([e.ref for e in evidence]), max_size=2).map(tuple)
    accounts = draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))
    members = tuple(Member(a, draw(UNIT), draw(st.sampled_from(Role)), draw(refs)) for a in accounts)
    return finding(
        kind=draw(TEXTS),
        params=draw(PARAMS),
        members=members,
        window=Window(draw(MOMENTS), draw(MOMENTS)),
        score=draw(UNIT),
        priority=draw(st.sampled_from(Priority)),
        summary=draw(TEXTS),
        evidence=evidence,
        rests_on=draw(refs),
        would_clear=tuple(draw(st.lists(st.builds(Explanation, TEXTS, st.sampled_from(Checked), TEXTS), max_size=2))),
        tickers=tuple(draw(st.lists(TEXTS, max_size=2))),
        links=tuple(draw(st.lists(TEXTS, max_size=2))),
        supersedes=draw(st.none() | TEXTS),
        status=draw(st.sampled_from(Status)),
        layers=tuple(draw(st.lists(st.builds(Layer, TEXTS, NUMBERS, st.none() | UNIT), max_size=2))),
        limits=tuple(draw(st.lists(TEXTS, max_size=2))),
    )


@given(findings())
def test_a_finding_is_read_back_equal(made: Finding) -> None:
    text = to_json(made)
    assert finding_from_json(text) == made
    assert finding_from_json(text.encode()) == made
    assert "\n" not in text


@given(PARAMS, MOMENTS, st.none() | TEXTS, st.dictionaries(TEXTS, st.integers(0, 2**53), max_size=3))
def test_a_run_is_read_back_equal(
    params: dict[str, Any], moment: Any, error: str | None, counts: dict[str, int]
) -> None:
    made = run(params=params, started_at=moment, error=error, counts=counts)
    assert run_from_json(to_json(made)) == made


def test_a_run_that_was_recorded_before_runs_said_so_much_is_still_read() -> None:
    made = run(counts={"posts": 3})
    text = orjson.loads(to_json(made))
    for later in ("versions", "stages", "inputs", "status", "found", "watch", "follows", "alerts"):
        del text[later]
    assert run_from_json(orjson.dumps(text)) == made


def test_read_only_parameters_are_written_like_any() -> None:
    made = finding(params=MappingProxyType({"window": 60}))
    assert finding_from_json(to_json(made)) == made
    assert made.id == finding(params={"window": 60}).id


def test_what_is_not_json_is_an_error_not_a_guess() -> None:
    with pytest.raises(TypeError):
        digest({"a": object()})


EVIDENCE_OF = finding().evidence[0]
MEMBER = Member("x:anna", 0.5, Role.CORE)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"evidence": ()}, "without evidence"),
        ({"members": ()}, "without members"),
        ({"score": 1.1}, r"\[0, 1\]"),
        ({"score": -0.1}, r"\[0, 1\]"),
        ({"score": float("nan")}, r"\[0, 1\]"),
        ({"members": (replace(MEMBER, score=2.0),)}, r"\[0, 1\]"),
        ({"members": (MEMBER, replace(MEMBER, role=Role.FRINGE))}, "once"),
        ({"evidence": (EVIDENCE_OF, replace(EVIDENCE_OF, value=2.0))}, "measured twice"),
        ({"rests_on": ("nothing",)}, "nothing"),
        ({"members": (replace(MEMBER, evidence=("nothing",)),)}, "nothing"),
        ({"evidence": (EVIDENCE_OF, replace(EVIDENCE_OF, measure="m", value=float("inf")))}, "finite"),
        ({"evidence": (EVIDENCE_OF, replace(EVIDENCE_OF, measure="m", expected=float("nan")))}, "finite"),
        ({"evidence": (EVIDENCE_OF, replace(EVIDENCE_OF, measure="m", p_value=float("nan")))}, "finite"),
        ({"layers": (Layer("co_text", float("inf")),)}, "finite"),
        ({"reasons": (Reason("size", float("nan"), 0.0, 0.0),)}, "finite"),
        ({"reasons": (Reason("size", None, 0.0, float("inf")),)}, "finite"),
    ],
)
def test_a_finding_that_cannot_be_checked_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        finding(**changed)


def test_the_same_input_has_the_same_id() -> None:
    made = finding()
    assert made.id == finding().id
    assert made.lineage_id == made.id
    unimportant: dict[str, Any] = {
        "score": 0.1,
        "summary": "otherwise",
        "run_id": "r",
        "data_cut": 9,
        "priority": Priority.NOTE,
    }
    assert finding(**unimportant).id == made.id
    assert finding(members=made.members[::-1]).id == made.id
    assert finding(params=dict(reversed(list(made.params.items())))).id == made.id


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "sybil_ring"},
        {"detector": "sybil"},
        {"version": "2"},
        {"params": {"window": 61, "name": "ring"}},
        {"members": (MEMBER,)},
        {"window": Window(at(0), finding().window.end + timedelta(microseconds=1))},
    ],
)
def test_another_input_has_another_id(changed: dict[str, Any]) -> None:
    assert finding(**changed).id != finding().id


def test_given_ids_are_kept() -> None:
    made = finding(id="mine", lineage_id="line")
    assert (made.id, made.lineage_id, made.accounts) == ("mine", "line", ("x:anna", "x:bo"))


def test_evidence_is_named_by_what_it_measures_not_by_how_much() -> None:
    assert EVIDENCE_OF.ref == replace(EVIDENCE_OF, value=9.0, p_value=None).ref
    assert EVIDENCE_OF.ref != replace(EVIDENCE_OF, measure="other").ref
    assert EVIDENCE_OF.ref != replace(EVIDENCE_OF, interactions=("i1",)).ref
    assert len(EVIDENCE_OF.ref) == 12


def test_priorities_are_ranked() -> None:
    assert [p.rank for p in Priority] == [0, 1, 2, 3]
    assert min(Priority, key=lambda p: p.rank) is Priority.HIGH


def test_a_run_says_something_even_when_nothing_was_found() -> None:
    assert isinstance(run(), Run)
    assert run().summary


def test_a_market_anomaly_names_tickers_and_nobody() -> None:
    made = finding(kind="market_anomaly", members=(), tickers=("PEPE",))
    assert finding_from_json(to_json(made)) == made
    assert made.accounts == ()
    assert made.id != finding(kind="market_anomaly", members=(), tickers=("BONK",)).id
    for wrong in ({"members": (MEMBER,), "tickers": ("PEPE",)}, {"members": (), "tickers": ()}):
        with pytest.raises(ValueError, match="names tickers and no account"):
            finding(kind="market_anomaly", **wrong)
