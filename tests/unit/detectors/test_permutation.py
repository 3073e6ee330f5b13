"""Authors dealt out anew: what stays, what q and p are, and that threads and order change nothing."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from detectors.coaction import board
from detectors.coaction.permutation import Chance, chance, strength
from detectors.coaction.surprisal import Pairs, Surprisal
from tests.coactions import Event
from tests.noise import noise, ring
from tests.surprises import surprisal_of


def some(seed: int = 1, **settings: float) -> Surprisal:
    rows: list[Event] = [*noise(seed), *ring([f"a{i}" for i in range(6)], seed)]
    return surprisal_of([(rows, 60.0), (noise(seed + 90, posts=300), 30.0)], **settings)


def pairs_of(edges: list[tuple[int, int, float]]) -> Pairs:
    source, target = (np.array([e[i] for e in edges], np.int32) for i in range(2))
    rarity = np.array([e[2] for e in edges])
    return Pairs(source, target, rarity, rarity, np.ones(len(edges), np.int32))


class Dealer:
    """Stands in for a surprisal: each dataset is given."""

    def __init__(self, datasets: list[Pairs], floor: float = 0.0) -> None:
        self.datasets, self.floor, self.messages = datasets, floor, self

    def dealt(self, _seed: int, number: int) -> int:
        return number

    def pairs(self, number: int = 0) -> Pairs:
        return self.datasets[number]


def judged(datasets: list[Pairs], least: int = 3) -> Chance:
    return chance(Dealer(datasets), draws=len(datasets) - 1, least=least)  # type: ignore[arg-type]


def test_threads_change_nothing() -> None:
    one, many = (chance(some(), draws=19, seed=3, threads=n) for n in (1, 4))
    assert one.threshold == many.threshold
    assert one.strongest.tolist() == many.strongest.tolist()
    assert one.drawn.tolist() == many.drawn.tolist()
    assert one.observed.rarity.tolist() == many.observed.rarity.tolist()


def test_a_dataset_follows_from_the_seed_and_its_number() -> None:
    messages = some().messages
    first = messages.dealt(3, 5)
    messages.dealt(3, 6)
    assert messages.dealt(3, 5).tolist() == first.tolist()
    assert messages.dealt(3, 6).tolist() != first.tolist()
    assert messages.dealt(4, 5).tolist() != first.tolist()
    few, several = chance(some(), draws=19, seed=3), chance(some(), draws=29, seed=3)
    assert few.draws == 19
    assert set(few.drawn.tolist()) <= set(several.drawn.tolist())  # the first draws are the same


@pytest.mark.parametrize("hold_s", [0.0, 3600.0, 86_400.0])
def test_accounts_keep_their_messages_in_each_period_and_objects_their_bursts(
    hold_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "ENOUGH", 20)
    surprisal = some(hold_s=hold_s)
    messages, events = surprisal.messages, surprisal.events
    dealt = messages.dealt(1, 1)
    assert sorted(dealt.tolist()) == list(range(len(messages)))
    assert messages.period[dealt].tolist() == messages.period.tolist()
    author = messages.author[dealt]
    before = Counter(zip(messages.author.tolist(), messages.period.tolist(), strict=True))
    assert Counter(zip(author.tolist(), messages.period.tolist(), strict=True)) == before
    assert len(set(messages.period.tolist())) == (1 if hold_s == 0 else len(messages.total))
    assert (author != messages.author).mean() > 0.8
    # a message with several events has one author, and events stay where and when they are: only authors are dealt
    authors = defaultdict(set)
    for message, who in zip(surprisal.board.units.tolist(), author[surprisal.board.units].tolist(), strict=True):
        authors[message].add(who)
    assert {len(a) for a in authors.values()} == {1}
    assert len(events) == len(surprisal.board.units)


def test_every_deal_of_a_period_is_equally_likely() -> None:
    """Six messages of one period and three authors: 6! deals, seen through who makes the first two."""
    rows: list[Event] = [("aabbbc"[i], f"X{i}", float(i), f"m{i}") for i in range(6)]
    messages = surprisal_of([(rows, 60.0)]).messages
    draws = 3000
    seen = Counter(tuple(messages.author[messages.dealt(0, n)][:2].tolist()) for n in range(draws))
    left = Counter({0: 2, 1: 3, 2: 1})
    for first in range(3):
        for second in range(3):
            p = left[first] / 6 * (left[second] - (first == second)) / 5
            assert seen[first, second] == pytest.approx(draws * p, abs=4 * math.sqrt(draws * p * (1 - p)) + 1e-9)


def test_the_pairs_of_a_drawn_dataset_are_those_of_the_data_with_other_authors() -> None:
    """Dealing authors out and laying the events out anew give the same."""
    rows = noise(2, accounts=20, posts=400, things=5, days=1.0)
    surprisal = surprisal_of([(rows, 60.0)])
    dealt = surprisal.messages.dealt(7, 1)
    names = surprisal.names.to_pylist()
    by_message = {
        surprisal.events.messages[int(m)].as_py(): names[surprisal.messages.author[dealt[unit]]]
        for m, unit in zip(surprisal.events.message, surprisal.board.units, strict=True)
    }
    anew: list[Event] = [(by_message[m], o, t, m) for _, o, t, m in rows]
    expected = surprisal_of([(anew, 60.0)], names=surprisal.names).pairs(floor=0.0)
    got = surprisal.pairs(dealt, 0.0)
    assert got.source.tolist() == expected.source.tolist()
    assert got.target.tolist() == expected.target.tolist()
    assert got.rarity == pytest.approx(expected.rarity)
    assert len(got) > 20


def test_q_is_what_drawn_datasets_hold_over_what_was_observed() -> None:
    """Of rarity ≥ 9 one was observed and in four draws none, ≥ 7 two and one, ≥ 5 four and six, ≥ 2 five and ten."""
    observed = pairs_of([(0, 1, 9.0), (0, 2, 7.0), (1, 2, 5.0), (3, 4, 5.0), (4, 5, 2.0)])
    draws = [
        pairs_of([(0, 1, 8.0), (1, 2, 5.0), (3, 4, 5.0)]),
        pairs_of([(0, 1, 6.0), (0, 3, 5.0)]),
        pairs_of([(5, 6, 5.0), (5, 7, 3.0), (5, 8, 2.0)]),
        pairs_of([(0, 1, 2.0), (2, 3, 4.0)]),
    ]
    q = judged([observed, *draws]).q()
    assert q.tolist() == pytest.approx([0.0, 0.25 / 2, 1.5 / 4, 1.5 / 4, 2.5 / 5])


def test_q_falls_with_rarity_and_is_at_most_1() -> None:
    """A rarer pair has no larger q, though the plain ratio goes up and down."""
    rng = np.random.default_rng(3)
    observed = pairs_of([(0, i, float(r)) for i, r in enumerate(rng.exponential(3, 60), 1)])
    draws = [pairs_of([(0, i, float(r)) for i, r in enumerate(rng.exponential(3, 50), 1)]) for _ in range(9)]
    found = judged([observed, *draws])
    q = found.q()[np.argsort(-observed.rarity)]
    assert (np.diff(q) >= 0).all()
    assert q.max() <= 1
    drawn = np.concatenate([d.rarity for d in draws])
    ratio = [(drawn >= r).sum() / 9 / (observed.rarity >= r).sum() for r in observed.rarity]
    for mine, rarity in zip(found.q(), observed.rarity, strict=True):
        assert mine == pytest.approx(min(1.0, *(x for x, r in zip(ratio, observed.rarity, strict=True) if r <= rarity)))


def test_a_rings_p_counts_the_datasets_with_one_as_strong() -> None:
    found = Chance(pairs_of([]), 5.0, np.empty(0), np.array([0.0, 3.0, 3.0, 8.0]), 3)
    strengths = [0.0, 0.1, 3.0, 3.1, 8.0, 8.1, 1e9]
    assert found.ring_p(strengths).tolist() == [1.0, 0.8, 0.8, 0.4, 0.4, 0.2, 0.2]
    assert float(found.ring_p(3.0)) == 0.8
    assert (found.ring_p(strengths) >= 1 / (found.draws + 1)).all()


def test_the_strongest_ring_of_a_dataset_is_its_strongest_component() -> None:
    def clique(first: int, size: int, rarity: float) -> list[tuple[int, int, float]]:
        return [(first + i, first + j, rarity) for i in range(size) for j in range(i + 1, size)]

    observed = pairs_of(clique(0, 4, 10.0))
    draws = [
        pairs_of([*clique(0, 3, 6.0), (7, 8, 100.0), (8, 9, 4.9), (10, 11, 5.0)]),  # a pair is no ring
        pairs_of([*clique(0, 3, 6.0), *clique(20, 4, 5.5)]),
        pairs_of([]),
    ]
    found = judged([observed, *draws])
    assert found.threshold == pytest.approx(np.median([10.0, 5.0, 5.5, 0.0]))  # each one's fifth pair
    assert found.strongest.tolist() == pytest.approx([3 * (6 - 5.25 + 1), 6 * (5.5 - 5.25 + 1), 0.0])
    assert strength(observed, found.threshold) == pytest.approx(6 * (10 - 5.25 + 1))
    assert judged([observed, *draws], least=2).strongest[0] == pytest.approx(100 - 5.25 + 1)


def test_the_observed_dataset_and_the_drawn_ones_are_treated_alike() -> None:
    """Whichever of some datasets is the observed one, the threshold is the same, and strengths are."""
    rng = np.random.default_rng(8)

    def drawn() -> Pairs:
        edges = {(int(min(a, b)), int(max(a, b))) for a, b in rng.integers(0, 25, (30, 2)) if a != b}
        return pairs_of([(a, b, float(rng.exponential(3))) for a, b in sorted(edges)])

    datasets = [drawn() for _ in range(12)]
    found = [judged([datasets[i], *datasets[:i], *datasets[i + 1 :]]) for i in range(12)]
    assert len({f.threshold for f in found}) == 1
    strongest = [float(found[i - 1].strongest[i - 1 if i else 0]) for i in range(12)]
    for i, one in enumerate(found):
        assert one.strongest.tolist() == strongest[:i] + strongest[i + 1 :]
    p = [float(one.ring_p(strongest[i])) for i, one in enumerate(found)]
    assert p == pytest.approx([sum(t >= strongest[i] for t in strongest) / 12 for i in range(12)])
    assert min(p) == pytest.approx(1 / 12)


def test_without_pairs_nothing_is_strong() -> None:
    empty = pairs_of([])
    found = judged([empty] * 20)
    assert found.strongest.tolist() == [0.0] * 19
    assert found.threshold == 0.0
    assert found.q().tolist() == []


def test_few_pairs_leave_the_threshold_at_the_floor() -> None:
    dealer = Dealer([pairs_of([(0, 1, 9.0)])] * 20, floor=2.5)
    assert chance(dealer, draws=19).threshold == 2.5  # type: ignore[arg-type]
