"""Members that pairs do not show: taken in from a ring's bursts, while bystanders stay outside."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.coaction.growth import LIMIT, RARE, Growth
from detectors.coaction.surprisal import Surprisal
from detectors.coaction.sweep import Ints
from tests.coactions import Event
from tests.noise import DAY, look, noise
from tests.surprises import surprisal_of

CORE = [f"a{i}" for i in range(5)]
QUIET = [(f"q{i % 700:03}", f"own{i}", 200.0 * i, f"q{i}") for i in range(3000)]


def acts(who: str, days: range, second: float, thing: str = "promo") -> list[Event]:
    """One post a day."""
    return [(who, thing, day * DAY + 5000.0 + second, f"{who}.{day}.{second}.{thing}") for day in days]


def core() -> list[Event]:
    return [row for i, who in enumerate(CORE) for row in acts(who, range(7), 8.0 * i)]


def taken(surprisal: Surprisal, ring: list[str]) -> dict[str, float]:
    """Who is taken in, and its chance of being a bystander."""
    names = surprisal.names.to_pylist()
    members = np.array(sorted(names.index(a) for a in ring), np.int32)
    grown, chances = Growth(surprisal).grow(members)
    assert set(grown.tolist()) == set(members.tolist()) | set(chances)
    assert (np.diff(grown) > 0).all()
    return {names[a]: p for a, p in chances.items()}


def test_a_member_that_meets_nobody_twice_is_taken_in() -> None:
    """Once in the ring's bursts on an object that nobody else uses."""
    for others in (QUIET, QUIET[::4]):  # where there are few others, the ring's own meetings must not count as theirs
        surprisal = surprisal_of([([*others, *core(), *acts("late", range(1), 12.0)], 60.0)])
        found = taken(surprisal, CORE)
        assert set(found) == {"late"}
        assert found["late"] < LIMIT


def test_who_is_there_more_often_is_a_bystander_less_likely() -> None:
    rows = [*QUIET, *core(), *acts("once", range(1), 12.0), *acts("twice", range(2, 4), 12.0)]
    rows += [(f"z{i}", "promo", day * DAY + 5000.0 + 300.0 * i, f"z{i}{day}") for i in range(1, 6) for day in range(7)]
    found = taken(surprisal_of([(rows, 60.0)]), CORE)
    assert found["twice"] < found["once"] ** 1.5


@pytest.mark.parametrize(("posts", "most"), [(20, 8), (60, 6), (200, 2), (600, 1)])
def test_bystanders_on_a_busy_object_are_not_taken_in(posts: int, most: int) -> None:
    """Ninety strangers come by so many times a day within the hour, some of them in bursts: in eight trials."""
    strangers = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        crowd: list[Event] = [
            (f"s{int(rng.integers(90)):02}", "promo", day * DAY + float(rng.uniform(1400, 8600)), f"s{day}.{i}")
            for day in range(7)
            for i in range(posts)
        ]
        strangers += len(taken(surprisal_of([([*QUIET, *core(), *crowd], 60.0)]), CORE))
    assert strangers <= most


def test_an_account_that_is_always_around_is_a_bystander() -> None:
    """In ten of thirty bursts, as one that posts every three minutes must be; another one is only in as many."""
    rng = np.random.default_rng(6)
    begins = [day * DAY + 9000.0 * n + 3000.0 for day in range(6) for n in range(5)]
    rows = [(who, "promo", t + 9.0 * i, f"{who}{t}") for t in begins for i, who in enumerate(CORE)]
    rows += [("late", "promo", t + 20.0, f"late{t}") for t in begins[::3]]
    rows += [("steady", "promo", float(t), f"steady{t}") for t in rng.uniform(0, 6 * DAY, 6 * 480)]
    found = taken(surprisal_of([([*QUIET, *rows], 60.0)]), CORE)
    assert set(found) == {"late"}


def test_who_acts_hours_later_or_elsewhere_is_no_candidate() -> None:
    rows = [*QUIET, *core(), *acts("later", range(7), 4000.0), *acts("other", range(7), 10.0, "another")]
    assert taken(surprisal_of([(rows, 60.0)]), CORE) == {}


def test_a_members_own_post_is_no_burst() -> None:
    """Two posts of one member are no run of the ring's, whoever is beside them."""
    rows = [*QUIET, *core(), *acts("a0", range(3), 20_000.0, "alone"), *acts("a0", range(3), 20_005.0, "alone")]
    rows += acts("stranger", range(3), 20_003.0, "alone")
    assert taken(surprisal_of([(rows, 60.0)]), CORE) == {}


def test_growing_goes_on_from_who_was_taken_in() -> None:
    """The second hand is only in bursts that the first one makes with a member."""
    rows = [*QUIET, *core(), *acts("first", range(7), 20.0)]
    for day in range(3):
        begin = day * DAY + 40_000.0
        rows += [(who, "side", begin + 5 * i, f"{who}.side{day}") for i, who in enumerate(("a0", "first", "second"))]
    found = taken(surprisal_of([(rows, 60.0)]), CORE)
    assert set(found) == {"first", "second"}


def test_a_burst_of_another_rings_members_is_theirs() -> None:
    """Two rings share two members; neither swallows the other, and the shared ones belong to both."""
    first, second = CORE, ["a0", "a1", *(f"b{i}" for i in range(5))]
    theirs = [row for i, who in enumerate(second) for row in acts(who, range(7), 40_000.0 + 6.0 * i, "second")]
    surprisal = surprisal_of([([*QUIET, *core(), *theirs], 60.0)])
    names = surprisal.names.to_pylist()

    def codes(accounts: list[str]) -> Ints:
        return np.array(sorted(names.index(a) for a in accounts), np.int32)

    growth = Growth(surprisal, [codes(first), codes(second[2:])])
    assert [names[a] for a in growth.grow(codes(first))[0]] == first
    assert {names[a] for a in growth.grow(codes(second[2:]))[0]} == set(second)


def test_a_burst_is_what_chance_would_hardly_bring_together() -> None:
    """Members meet on what everybody posts about as well; that is no burst."""
    crowd: list[Event] = [
        (f"s{i % 70:02}", "BTC", day * DAY + 9000.0 + 1.0 * i, f"c{day}.{i}") for day in range(7) for i in range(280)
    ]
    crowd += [row for i, who in enumerate(CORE) for row in acts(who, range(7), 4100.0 + 5 * i, "BTC")]
    surprisal = surprisal_of([([*QUIET, *core(), *crowd], 60.0)])
    names = surprisal.names.to_pylist()
    members = np.array(sorted(names.index(a) for a in CORE), np.int32)
    events = surprisal.events
    bursts = list(Growth(surprisal).bursts(members))
    assert {events.name(int(events.thing[b.begin])) for b in bursts} == {"promo"}
    assert len(bursts) == 7
    for burst in bursts:
        assert burst.end - burst.begin == 5
        rates = surprisal.board.rates[burst.begin : burst.end]
        assert rates.max() * len(CORE) * (len(CORE) - 1) / 2 <= RARE
        span = 32.0 + 2 * 30.0  # from the first post to the last, and half a window on both sides
        assert burst.bystanders == pytest.approx(0.5 * span / 7200.0)  # nobody else was seen around


def test_in_a_search_those_taken_in_are_fringe_until_they_are_surely_of_it() -> None:
    """One that was there once is fringe; members of the core took part throughout."""
    rows = [*noise(3, accounts=100, posts=1200), *core(), *acts("once", range(1), 12.0)]
    rows += [(f"z{i}", "promo", day * DAY + 5000.0 + 400.0 * i, f"z{i}{day}") for i in range(1, 8) for day in range(7)]
    found = look([(rows, 60.0)])
    (one,) = found.rings
    names = found.names(one.codes)
    assert set(CORE) <= set(found.names(one.core))
    assert "once" in names
    assert "once" in found.names(one.fringe)
    assert set(found.names(np.array(sorted(one.bystander), np.int32))) <= set(names) - set(CORE)
