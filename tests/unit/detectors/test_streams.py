"""Which pairs count: over all pairs there are, over all streams, and as both of a pair see it."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.coaction.null import tail
from detectors.coaction.streams import Pairs, Stream, _least, names_of, pairs, rule
from tests.coactions import events_of


def test_pairs_that_never_met_are_tests_as_well() -> None:
    one = Pairs(np.array([0], np.int32), np.array([1], np.int32), np.array([0.001]))
    assert rule(one, 100, 2, 0.05, 3).limit == 0
    assert rule(one, 5, 2, 0.05, 3).limit > 0


def test_a_pair_is_judged_by_its_best_stream_paid_for_by_all() -> None:
    key = np.array([1], np.int64)
    found = _least([(key, np.array([0.01])), (key, np.array([0.2]))], 2)
    assert found.p.tolist() == [0.02]


def test_of_two_directions_the_one_with_fewer_occasions_counts() -> None:
    # b's one post lies near both of a's, which are two occasions to a and one to b
    table = events_of([("a", "X", 0, "1"), ("b", "X", 25, "2"), ("a", "X", 50, "3")])
    stream = Stream("co_ticker", table, 30, names_of([table]), prompt=False)
    found = pairs([stream], 2, 1)
    expected = stream.null.expected(np.array([0], np.int32), np.array([1], np.int32))
    assert found.p == pytest.approx(tail([1], expected))
    assert len(pairs([stream], 2, 2)) == 0
