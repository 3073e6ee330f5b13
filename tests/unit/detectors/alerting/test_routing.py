"""How many people are told of in a day: capacity, the gravest, the lot, and what a crash does."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from detectors.alerting.alert import Alert, Echo, Measure, alert_from_json
from detectors.alerting.changes import Change
from detectors.alerting.routing import Room, listed, pending, place, route, settle
from graph.findings import Priority
from graph.store import Store, open_store
from tests.alerting import alert
from tests.stores import at
from tests.stores import run as a_run

ECHO = Echo(
    "f", "l", "violation", at(0), (Measure("links", 1.0, 0.0, "links", matches=True, shared=("https://a.example",)),)
)


def many(n: int, priority: Priority = Priority.MEDIUM, first: int = 0) -> list[Alert]:
    return [alert(f"{priority}{i}", priority, i / 1000) for i in range(first, first + n)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path / "data") as opened:
        yield opened


def record(store: Store, alerts: Sequence[Alert], name: str = "run-1") -> None:
    with store.writer() as writer:
        writer.add_run(a_run(name, alerts=tuple(a.plain() for a in alerts)))


def test_an_alert_is_read_back_as_it_was() -> None:
    changed = Change("f0", ("x:a",), (), ("AAA",), priority=Priority.LOW, score=0.1)
    one = replace(alert("a"), change=changed, echoes=(ECHO,), shown="sampled", weight=2.5)
    assert alert_from_json(one.to_json()) == one
    assert alert_from_json(one.plain()) == one


def test_a_day_has_room_for_so_many_and_a_lot_for_the_rest() -> None:
    placed = place(many(30), {}, Room(10, 0.2))
    counts = Counter(a.shown for a in placed)
    assert counts == {"alerted": 8, "sampled": 2, "below": 20}
    assert [round(a.score * 1000) for a in placed if a.shown == "alerted"] == [29, 28, 27, 26, 25, 24, 23, 22]
    assert sum(a.weight for a in placed if a.shown == "sampled") == 22


def test_the_gravest_pass_and_take_room() -> None:
    placed = place([*many(30), *many(7, Priority.HIGH)], {"alerted": 1}, Room(10, 0.2))
    counts = Counter((a.priority, a.shown) for a in placed)
    assert counts[Priority.HIGH, "alerted"] == 7
    assert counts[Priority.MEDIUM, "alerted"] == 0
    assert counts[Priority.MEDIUM, "sampled"] == 2
    crowd = place([*many(30), *many(12, Priority.HIGH)], {}, Room(10, 0.2))
    assert Counter(a.shown for a in crowd) == {"alerted": 12, "below": 30}


def test_the_lot_is_the_seeds_and_no_order_matters() -> None:
    alerts = many(200)
    placed = place(alerts, {}, Room(20, 0.5, seed=3))
    shuffled = alerts.copy()
    random.Random(1).shuffle(shuffled)
    assert place(shuffled, {}, Room(20, 0.5, seed=3)) == placed

    def lot(seed: int) -> set[str]:
        return {a.id for a in place(alerts, {}, Room(20, 0.5, seed)) if a.shown == "sampled"}

    assert len(lot(3)) == 10
    assert lot(3) != lot(4)
    drawn = Counter(i for seed in range(150) for i in lot(seed))
    below = {a.id for a in place(alerts, {}, Room(20, 0.0))} - {a.id for a in placed if a.shown == "alerted"}
    assert set(drawn) <= below
    assert len(drawn) > 180  # every one below may be drawn: 150 lots of 10 among 190


@pytest.mark.parametrize(("room", "told"), [(Room(0), 0), (Room(1), 1), (Room(2), 2), (Room(500), 30)])
def test_small_and_large_rooms(room: Room, told: int) -> None:
    placed = place(many(30), {}, room)
    assert sum(a.shown != "below" for a in placed) == told


def test_what_may_be_a_ring_come_back_is_first_of_its_priority() -> None:
    marked = replace(alert("marked", score=0.0), echoes=(ECHO,))
    assert place([*many(3), marked], {}, Room(1, 0.0))[0].id == marked.id


def test_placed_once_counted_by_day_and_pending_until_taken(store: Store) -> None:
    room = Room(4, 0.25)
    record(store, [*many(3), replace(alert("b"), shown="baseline")])
    first = route(store, ["jsonl"], room, at(0))
    assert Counter(a.shown for a in first) == {"alerted": 3, "baseline": 1}
    assert set(pending(store)["jsonl"]) == {a.id for a in first if a.shown == "alerted"}
    assert route(store, ["jsonl"], room, at(0)) == []
    record(store, many(6, first=10), "run-2")
    second = route(store, ["jsonl"], room, at(3600))
    assert Counter(a.shown for a in second) == {"sampled": 1, "below": 5}
    record(store, many(6, first=20), "run-3")
    third = route(store, ["jsonl"], room, at(86_400))
    assert Counter(a.shown for a in third) == {"alerted": 3, "sampled": 1, "below": 2}
    with store.view() as view:
        every = listed(store, view)
    assert Counter(a.shown for a in every) == {"alerted": 6, "sampled": 2, "below": 7, "baseline": 1}
    assert len(pending(store)["jsonl"]) == 8
    settle(store, {})
    assert pending(store) == {}


def test_a_sink_that_is_new_gets_what_comes_and_one_that_is_gone_keeps_what_it_has(store: Store) -> None:
    record(store, many(1))
    route(store, ["jsonl"], Room(), at(0))
    record(store, many(1, first=5), "run-2")
    route(store, ["webhook"], Room(), at(1))
    assert {name: len(ids) for name, ids in pending(store).items()} == {"jsonl": 1, "webhook": 1}


def test_runs_without_alerts_are_passed_over_in_time(store: Store) -> None:
    head = store.head()
    for i in range(100):
        record(store, [], f"run-{i}")
    assert route(store, [], Room(), at(0)) == []
    assert store.checkpoints()["alerts"]["routed"] == head + 100
