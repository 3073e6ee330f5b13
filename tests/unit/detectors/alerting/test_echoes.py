"""Decided rings that come back are pointed at with measures; rings that are merely alike are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import detectors.run as module
from detectors.alerting.alert import Echo, alert_from_json
from detectors.alerting.echoes import Echoes
from detectors.run import run
from graph.findings import Evidence, Finding, Window
from graph.model import NodeRef, NodeType
from graph.store import Store, View, open_store
from ingest.load import load
from lockstep.demo.generate import generate
from lockstep.demo.truth import Group, Truth
from tests.alerting import WATCH, Said, ring, watch
from tests.stores import at, fill, put
from tests.stores import run as a_run

DAY = 86_400.0
LINK = "https://pepe-presale.example/join"
OLD, NEW = ("x:a", "x:b", "x:c"), ("x:q", "x:r", "x:s")
TEXT = "$PEPE presale round 7 closes tonight, claim your spot"


def posts(accounts: Sequence[str], start: float, text: str, link: str | None, n: int = 6) -> list[dict[str, Any]]:
    return [
        {
            "post": f"{accounts[i % len(accounts)]}-{start:g}-{i}",
            "account": accounts[i % len(accounts)],
            "created_at": at(start + 60 * i),
            "text": text.replace("7", str(i)),
            "tickers": ["PEPE"],
            "links": [link] if link else [],
        }
        for i in range(n)
    ]


def found(rows: Sequence[dict[str, Any]], **changed: Any) -> Finding:
    """A finding about the authors of these posts."""
    nodes = tuple(NodeRef(NodeType.POST, r["post"]) for r in rows)
    window = Window(min(r["created_at"] for r in rows), max(r["created_at"] for r in rows))
    evidence = (Evidence("co-posting", 3.0, 0.1, None, "posts", nodes),)
    return ring(*sorted({r["account"] for r in rows}), window=window, evidence=evidence, **changed)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path / "data") as opened:
        yield opened


def told(store: Store, old: dict[str, Any], new: dict[str, Any], others: int = 0, **verdict: Any) -> tuple[Echo, ...]:
    """What is said of a new ring after an old one was decided on the second day; both use things as told."""
    rows = {
        who: posts(accounts, start, how.get("text", f"{who} has words of its own, 7 of them"), how.get("link"))
        for who, accounts, start, how in (("old", OLD, 0.0, old), ("new", NEW, 3 * DAY, new))
    }
    crowd = [f"x:other{i}" for i in range(others)]
    devices = [(a, how["device"]) for ring_, how in ((OLD, old), (NEW, new)) for a in ring_[:2] if "device" in how]
    devices += [(a, "d1") for a in crowd]
    first = found(rows["old"])
    with store.writer() as writer:
        writer.add_run(a_run(), [first])
    around = [p for c in crowd for p in posts([c], 3 * DAY, "nobody told me about this today", LINK, n=1)]
    given = {"subject": "ring", "outcome": "violation", "at": at(2 * DAY), "finding_id": first.id, **verdict}
    tables: dict[str, list[Any]] = {"posts": rows["old"] + rows["new"] + around, "verdicts": [given]}
    tables["identifiers"] = [{"account": a, "kind": "device", "value": d} for a, d in devices]
    fill(store, tables)
    with store.view() as view:
        return Echoes(view)(found(rows["new"]))


SAME = {"text": TEXT, "link": LINK, "device": "d1"}


def test_a_ring_that_came_back_is_pointed_at(store: Store) -> None:
    (echo,) = told(store, SAME, SAME)
    assert (echo.outcome, echo.decided_at) == ("violation", at(2 * DAY))
    measures = {m.name: m for m in echo.measures}
    assert {n for n, m in measures.items() if m.matches} >= {"identifiers", "links", "templates"}
    assert (measures["identifiers"].value, measures["identifiers"].shared) == (2, ("1 × device",))
    assert (measures["templates"].value, measures["templates"].expected) == (1.0, 0.0)
    assert "may have returned: like " in echo.sentence()
    assert "no ground for action" in echo.sentence()


@pytest.mark.parametrize(
    ("shared", "others", "echoes"),
    [
        ({"text", "link"}, 0, 1),
        ({"device"}, 0, 1),  # two of its members use it
        ({"text"}, 0, 0),  # anybody can copy a text
        ({"link"}, 0, 0),
        ({"text", "link"}, 30, 0),  # a link that everybody posts
        ({"device"}, 30, 0),  # a carrier's
        (set(), 0, 0),
    ],
)
def test_it_takes_what_few_others_have(store: Store, shared: set[str], others: int, echoes: int) -> None:
    new = {name: value for name, value in SAME.items() if name in shared}
    assert len(told(store, SAME, new, others)) == echoes


@pytest.mark.parametrize(
    ("verdict", "echoes"),
    [
        ({"at": at(-26 * DAY)}, 0),  # before its time: the first ring was active after it, and 28 days are over
        ({"at": at(4 * DAY)}, 0),  # after the new ring's last post
        ({"reversed_at": at(2.5 * DAY)}, 0),
        ({"finding_id": "unknown"}, 0),
        ({"outcome": "no violation"}, 1),  # whatever was decided, whoever judges the new one should know
    ],
)
def test_only_rings_decided_of_late_are_watched(store: Store, verdict: dict[str, Any], echoes: int) -> None:
    assert len(told(store, SAME, SAME, **verdict)) == echoes


def test_verdicts_on_most_of_its_accounts_decide_a_ring(store: Store) -> None:
    given: dict[str, Any] = {"finding_id": None, "subject": OLD[0]}
    assert told(store, SAME, SAME, **given) == ()
    put(store, "verdicts", {"subject": OLD[1], "outcome": "violation", "at": at(2 * DAY)})
    with store.view() as view:
        (old,) = view.findings()
        assert [d.finding for d in Echoes(view).decided] == [old]


def test_without_verdicts_nothing_is_read(store: Store) -> None:
    with store.view() as view:
        assert Echoes(view)(ring("x:a", "x:b")) == ()


def test_an_echo_goes_with_the_alert_and_changes_nothing_else(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said()
    monkeypatch.setattr(module, "discover", lambda: {"said": said})
    old, new = posts(OLD, 0.0, TEXT, LINK), posts(NEW, 3 * DAY, TEXT, LINK)
    said.result = [found(old)]
    watch(store)
    fill(store, {"posts": old + new})
    verdict = {"subject": "r", "outcome": "violation", "at": at(2 * DAY), "finding_id": said.result[0].id}
    put(store, "verdicts", verdict)
    said.result = [found(old), back := found(new)]
    (result,) = watch(store)
    (alert,) = map(alert_from_json, result.run.alerts)
    assert [e.finding for e in alert.echoes] == [verdict["finding_id"]]
    assert alert.decided == ""
    assert (alert.priority, alert.score) == (back.priority, back.score)
    assert result.findings[1].lineage_id == back.id  # no lineage is made of it
    said.result = [found([*old, *posts(["x:d"], 60.0, TEXT, LINK)]), back]
    (grown,) = map(alert_from_json, watch(store)[0].run.alerts)
    assert (grown.reason, grown.decided, grown.echoes) == ("grown", "violation on 2026-03-03", ())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Truth]]:
    """A made network in which one ring was suspended and came back."""
    folder = tmp_path_factory.mktemp("demo")
    truth = generate(folder / "data", size=500, seed=1005, days=20)
    with open_store("memory://", folder / "store") as store:
        load(store, [folder / "data"], secret=b"k" * 16)
        yield store, truth


def test_of_what_is_planted_only_the_return_is_pointed_at(demo: tuple[Store, Truth]) -> None:
    store, truth = demo

    def planted(view: View, group: Group) -> Finding:
        posts_ = view.posts(group.posts)
        rows = [{"post": p.post, "account": p.account, "created_at": p.created_at} for p in posts_]
        dated = [r for r in rows if r["created_at"] and r["account"] in group.members]
        return found(dated, tickers=group.tickers, links=group.links, params={"group": group.id})

    with store.view() as view:
        groups = {g.id: planted(view, g) for g in truth.groups if len(g.members) > 1 and g.posts}
    first = groups.pop("shill-first-1")
    with store.writer() as writer:
        writer.add_run(a_run(), [first])
    with store.view() as view:
        echoes = Echoes(view, watch=WATCH)
        (at_,) = (d.at for d in echoes.decided if d.finding.id == first.id)
        assert first.window.end < at_ < first.window.end + timedelta(days=1)
        pointed = {name: [e.finding for e in echoes(f)] for name, f in groups.items()}
    assert first.id in pointed.pop("shill-return-1")
    assert len(pointed) == 20
    assert not any(pointed.values())


def test_of_what_is_found_only_the_return_is_pointed_at(demo: tuple[Store, Truth]) -> None:
    store, truth = demo
    (result,) = run(store, ["shilling"], {})
    with store.view() as view:
        echoes = Echoes(view, watch=WATCH)
        pointed = {f.id: echoes(f) for f in result.findings}
    groups = {g.id: set(g.members) for g in truth.groups}
    ring_of = {
        name: f for name, who in groups.items() for f in result.findings if 2 * len(who & {*f.accounts}) > len(who)
    }
    assert ring_of["shill-first-1"].id in {e.finding for e in pointed.pop(ring_of["shill-return-1"].id)}
    assert not any(pointed.values())
