"""Who starts: always first, in turn, at once, and the exact variance of random orders."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations
from statistics import pvariance

import numpy as np
import pytest
from scipy.stats import norm

from detectors.coaction.leadlag import ENOUGH, Lead, leads

Occasion = Sequence[tuple[int, float]]  # account, seconds


def judged(occasions: Sequence[Occasion]) -> dict[int, Lead]:
    """By account."""
    rows = [(who, when, number) for number, one in enumerate(occasions) for who, when in one]
    who, when, burst = (np.array([row[i] for row in rows]) for i in range(3))
    found = leads(who.astype(np.int32), (when * 1e6).astype(np.int64), burst.astype(np.int64))
    return {lead.account: lead for lead in found}


def test_who_is_always_first_leads() -> None:
    occasions = [[(5, 100.0 * i), (7, 100.0 * i + 10 + i), (9, 100.0 * i + 30)] for i in range(6)]
    found = judged(occasions)
    assert list(found) == [5, 7, 9]
    first, second, last = found.values()
    assert (first.lead, first.first, first.lag_s, first.occasions) == (1.0, 6, 0.0, 6)
    assert (second.lead, second.first, second.lag_s) == (0.0, 0, 12.5)
    assert (last.lead, last.first, last.lag_s) == (-1.0, 0, 30.0)
    assert first.p_value == pytest.approx(norm.sf(6 / math.sqrt(6 * 2 / 3)))
    assert second.p_value == pytest.approx(0.5)
    assert last.p_value == pytest.approx(norm.cdf(6 / math.sqrt(6 * 2 / 3)))


@pytest.mark.parametrize("times", [(0.0, 1.0, 2.0, 3.0), (0.0, 0.0, 1.0, 2.0), (0.0, 1.0, 1.0, 1.0), (0.0, 1.0)])
def test_the_variance_is_that_of_all_orders(times: Sequence[float]) -> None:
    """A member's share where every assignment of these times to the members is equally likely."""
    shares = [judged([list(zip(range(len(times)), order, strict=True))])[0].lead for order in permutations(times)]
    assert sum(shares) == pytest.approx(0.0, abs=1e-12)
    occasion = list(zip(range(len(times)), times, strict=True))
    mine = judged([occasion] * 7)[0]
    assert mine.p_value == pytest.approx(norm.sf(7 * mine.lead / math.sqrt(7 * pvariance(shares))))


def test_ties_share_a_rank_and_are_all_first() -> None:
    found = judged([[(1, 0.0), (2, 0.0), (3, 4.0)]])
    assert {a: (x.lead, x.first) for a, x in found.items()} == {1: (0.5, 1), 2: (0.5, 1), 3: (-1.0, 0)}


def test_where_all_act_at_once_nobody_leads_and_nothing_is_tested() -> None:
    for lead in judged([[(1, 5.0), (2, 5.0), (3, 5.0)]] * 9).values():
        assert (lead.lead, lead.first, lead.p_value, lead.lag_s) == (0.0, 9, None, 0.0)


def test_only_the_first_event_on_an_occasion_counts() -> None:
    once = [[(1, 0.0), (2, 1.0)]] * ENOUGH
    often = [[(2, 9.0), (1, 3.0), (1, 0.0), (2, 1.0), (1, 2.0)]] * ENOUGH
    assert judged(once) == judged(often)


def test_with_few_occasions_no_p_is_stated() -> None:
    assert judged([[(1, 0.0), (2, 1.0)]] * (ENOUGH - 1))[1].p_value is None
    assert judged([[(1, 0.0), (2, 1.0)]] * ENOUGH)[1].p_value is not None


def test_alone_is_no_occasion() -> None:
    assert judged([[(1, 0.0)], [(1, 5.0), (1, 6.0)]]) == {}
    assert judged([]) == {}
    with_others = judged([[(1, 0.0)], [(1, 5.0), (2, 6.0)]])
    assert {a: x.occasions for a, x in with_others.items()} == {1: 1, 2: 1}


def test_order_of_events_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    who, burst = rng.integers(0, 6, 80).astype(np.int32), rng.integers(0, 9, 80)
    when = rng.integers(0, 30, 80) * 1_000_000 - 10_000_000  # before 1970 too, with ties
    order = rng.permutation(80)
    assert leads(who, when, burst) == leads(who[order], when[order], burst[order])


def test_leaders_come_first_and_the_more_occasions_before_the_fewer() -> None:
    found = judged([[(1, 0.0), (2, 1.0)], [(3, 0.0), (2, 1.0)], [(3, 0.0), (4, 1.0)]])
    assert list(found) == [3, 1, 2, 4]


def test_under_random_orders_p_holds_its_level() -> None:
    rng = np.random.default_rng(11)
    p = []
    for _ in range(150):
        occasions = [
            [(int(a), float(t)) for t, a in enumerate(rng.permutation(7)[: int(rng.integers(3, 7))])] for _ in range(12)
        ]
        p.append(judged(occasions)[0].p_value if 0 in judged(occasions) else None)
    stated = np.array([x for x in p if x is not None])
    assert len(stated) > 120
    assert (stated <= 0.05).mean() <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / len(stated))
    assert (stated <= 0.5).mean() == pytest.approx(0.5, abs=3 * 0.5 / math.sqrt(len(stated)))
