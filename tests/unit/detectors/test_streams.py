"""Pairs over several layers, and which of them meet more often than shared interests account for."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.coaction.null import tail
from detectors.coaction.streams import Interests, Stream, _least, names_of, pairs
from detectors.coaction.surprisal import Pairs as Rarest
from tests.coactions import Event, events_of


def test_a_pair_is_judged_by_its_best_stream_paid_for_by_all() -> None:
    key = np.array([1], np.int64)
    found = _least([(key, np.array([0.01])), (key, np.array([0.2]))], 2)
    assert found.p.tolist() == [0.02]


def test_of_two_directions_the_one_with_fewer_occasions_counts() -> None:
    # b's one post lies near both of a's, which are two occasions to a and one to b
    table = events_of([("a", "X", 0, "1"), ("b", "X", 25, "2"), ("a", "X", 50, "3")])
    stream = Stream("co_ticker", table, 30, names_of([table]), prompt=False)
    found = pairs([stream], 2)
    expected = stream.null.expected(np.array([0], np.int32), np.array([1], np.int32))
    assert found.p == pytest.approx(tail([1], expected))


DAY: list[Event] = [
    *((who, "X", 86_400.0 * day + i, f"{who}{day}") for day in range(6) for i, who in enumerate("abc")),
    *((f"z{i}", "X", 3_600.0 * i, f"z{i}") for i in range(140)),
]


def pair(source: int, target: int, occasions: int = 6) -> Rarest:
    """One pair, as a search gives it."""
    one, other = (np.array([x], np.int32) for x in (source, target))
    return Rarest(one, other, np.array([9.0]), np.array([9.0]), np.array([occasions], np.int32))


def test_a_pair_holds_up_to_the_limit_and_not_beyond() -> None:
    table = events_of(DAY)
    names = names_of([table])
    stream = Stream("co_ticker", table, 60, names, prompt=False)
    p = float(pairs([stream], len(names)).p[0])
    assert 0 < p < 0.01
    assert Interests([stream], len(names), 2 * p)(pair(0, 1)).tolist() == [True]
    assert Interests([stream], len(names), 2 * p * 0.99)(pair(0, 1)).tolist() == [False]
    assert Interests([stream], len(names), 1.0)(pair(0, 9, 0)).tolist() == [False]  # they never met


def test_occasions_of_several_layers_count_together() -> None:
    """Three times on one thing and three on another is more than either alone."""
    tables = [events_of([e for e in DAY if e[0][0] == "z" or int(e[3][1:]) % 2 == odd]) for odd in (0, 1)]
    names = names_of(tables)
    streams = [Stream(f"co_{n}", table, 60, names, prompt=False) for n, table in enumerate(tables)]
    alone = float(pairs(streams, len(names)).p[0])
    rate = sum(float(s.null.expected(np.array([0], np.int32), np.array([1], np.int32))[0]) for s in streams)
    together = float(tail(6, rate))
    assert together < alone / 2
    assert Interests(streams, len(names), 2 * together)(pair(0, 1)).tolist() == [True]
    assert Interests(streams, len(names), 2 * together * 0.99)(pair(0, 1)).tolist() == [False]


def test_pairs_of_a_group_are_let_be_and_counted() -> None:
    table = events_of(DAY)
    names = names_of([table])
    stream = Stream("co_ticker", table, 60, names, prompt=False)
    judge = Interests([stream], len(names), 1.0, [np.array([0, 1], np.int32)])
    assert judge(pair(0, 1)).tolist() == [False]
    assert judge.let_be == 1
    assert judge(pair(0, 2)).tolist() == [True]
    assert judge.let_be == 0


def test_what_is_left_is_judged_by_what_is_left() -> None:
    table = events_of(DAY)
    names = names_of([table])
    stream = Stream("co_ticker", table, 60, names, prompt=False)
    judge = Interests([stream], len(names), 0.01)
    part, mine = stream.sweep.only(stream.among(np.array([0, 1, 2], np.int32)))
    assert judge.on([part], [mine])(pair(0, 1)).tolist() == [True]
    none, nobody = part.only(np.zeros(len(part.actors), bool))
    assert judge.on([none], [mine[nobody]])(pair(0, 1)).tolist() == [False]


def test_no_streams_no_pairs() -> None:
    assert len(pairs([], 0)) == 0
    assert Interests([], 3, 1.0)(pair(0, 1)).tolist() == [False]
