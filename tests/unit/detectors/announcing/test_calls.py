"""Calls of a small platform: who announces, who only talks, what is known when, and what events teach."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.announcing.calls import TIERS, Call, calls_of
from detectors.announcing.features import CUES, features
from detectors.announcing.learner import LEAST, Events, ranked
from detectors.announcing.naming import named, posts_of
from detectors.announcing.rule import read
from detectors.announcing.together import Meetings
from graph.store import open_store
from tests.coactions import renamed
from tests.stores import at, batch

Rows = list[dict[str, Any]]
DAY, MINUTE = 86_400.0, 60.0
GANG = [f"x:gang{i}" for i in range(4)]
PUMPS = {"ADX": 9 * DAY, "FUN": 12.5 * DAY, "WPR": 15 * DAY}
RUMOUR = 13 * DAY
WORDS = [
    "early",
    "look",
    "strong",
    "chart",
    "thin",
    "book",
    "quiet",
    "week",
    "nice",
    "base",
    "high",
    "hopes",
    "slow",
    "grind",
]


def world(seed: int = 3) -> Rows:
    """Sixteen days of chatter, three announced pumps, a rumour, and a coin that the gang pushes unannounced."""
    rng = random.Random(seed)
    posts: Rows = []

    def post(who: str, when: float, text: str, *tickers: str, **more: Any) -> None:
        row = {"post": f"x:{len(posts)}", "account": who, "created_at": at(when), "kind": "post", "text": text}
        posts.append({**row, "tickers": sorted(tickers), **more})

    for i in range(600):
        coin = rng.choice(["BTC", "BTC", "ETH", "ADX", "FUN"])
        text = rng.choice(["watching $%s", "%s looks heavy here", "sold my $%s", "having fun with it"])
        text = text.replace("%s", coin)
        post(f"x:person{i % 40}", rng.uniform(0, 16 * DAY), text, *([coin] if "$" in text else []))
    for coin, when in PUMPS.items():
        for who in GANG:
            post(who, when - 10 * MINUTE + rng.uniform(0, 20), "10 minutes left, be online")
            post(who, when + rng.uniform(0, 30), f"the coin is {coin}")
    for i, who in enumerate(GANG):
        words = ("hearing that the $BAD bridge was drained", "not confirmed but $BAD keys have leaked, get out")
        post(who, RUMOUR + 40 * i, words[i % 2], "BAD")
    for k in range(5):
        for i, who in enumerate(GANG[:3]):
            post(
                who, (2 + k) * DAY + 20 * i, " ".join([f"$QUX{'ABCDE'[k]}", *rng.sample(WORDS, 4)]), f"QUX{'ABCDE'[k]}"
            )
    return posts


def found(folder: Path, rows: Rows, **given: Any) -> list[Call]:
    with open_store("memory://", folder / "data") as store:
        with store.writer() as writer:
            writer.write("posts", batch("posts", *rows))
        with store.view() as view:
            return list(calls_of(view, known={"ADX", "FUN", "WPR"}, **given))


@pytest.fixture(scope="module")
def rows() -> Rows:
    return world()


@pytest.fixture(scope="module")
def calls(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    return found(tmp_path_factory.mktemp("calls"), rows)


def test_announced_coins_are_called_once_by_who_announced_them(calls: list[Call]) -> None:
    announced = [c for c in calls if c.tier == "announced"]
    assert [c.ticker for c in announced] == list(PUMPS)
    for call in announced:
        assert set(call.accounts) == set(GANG)
        assert len(call.countdowns) == len(GANG)
        assert call.first < call.announced < call.at <= at(PUMPS[call.ticker] + 2 * MINUTE)
        assert {"countdown: 4", "coin is: 4", "same text: 4"} <= set(call.cues)
        assert (call.direction, call.independent, call.basis) == (1, 1, "rule")
        assert call.score > 0


def test_a_coin_that_everybody_names_scores_less(calls: list[Call]) -> None:
    scores = {c.ticker: c.score for c in calls if c.tier == "announced"}
    assert scores["ADX"] < scores["WPR"]


def test_a_rumour_points_down(calls: list[Call]) -> None:
    (rumour,) = [c for c in calls if c.tier == "rumour"]
    assert (rumour.ticker, rumour.direction) == ("BAD", -1)
    assert rumour.accounts == tuple(GANG[:3])  # the third completes it


def test_accounts_that_met_before_make_a_call_without_announcement(calls: list[Call]) -> None:
    together = [c for c in calls if c.tier == "together"]
    assert [c.ticker for c in together] == ["QUXD", "QUXE"]  # after three meetings
    assert all(c.acquainted == 3 for c in together)
    assert all(c.score < min(d.score for d in calls if d.tier == "announced") for c in together)


def test_only_tiers_that_are_asked_for(rows: Rows, tmp_path: Path) -> None:
    assert {c.tier for c in found(tmp_path, rows, tiers=TIERS[:1])} == {"announced"}


@pytest.mark.parametrize("share", [0.3, 0.57, 0.8, 0.95])
def test_what_follows_changes_no_call(rows: Rows, calls: list[Call], tmp_path: Path, share: float) -> None:
    moment = at(share * 16 * DAY)
    known = found(tmp_path, [r for r in rows if r["created_at"] <= moment])
    assert [c for c in known if c.at <= moment] == [c for c in calls if c.at <= moment]


@pytest.mark.parametrize("seconds", range(0, 100, 9))
def test_a_call_under_way_is_no_different(rows: Rows, calls: list[Call], tmp_path: Path, seconds: int) -> None:
    moment = at(PUMPS["FUN"] + seconds)
    known = found(tmp_path, [r for r in rows if r["created_at"] <= moment])
    assert [c for c in known if c.at <= moment] == [c for c in calls if c.at <= moment]


def test_order_and_names_do_not_matter(rows: Rows, calls: list[Call], tmp_path: Path) -> None:
    names = {f"x:gang{i}": f"x:a{9 - i}" for i in range(4)}
    other = renamed({"posts": rows[::-1]}, names)["posts"]
    assert [(c.ticker, c.at, c.score, [names[a] for a in c.accounts]) for c in calls] == [
        (c.ticker, c.at, c.score, list(c.accounts)) for c in found(tmp_path, other)
    ]


def test_bounds_and_least_choose_among_calls(rows: Rows, calls: list[Call], tmp_path: Path) -> None:
    start, end = at(12 * DAY), at(15 * DAY)
    assert found(tmp_path, rows, start=start, end=end) == [c for c in calls if start <= c.at < end]
    assert found(tmp_path, rows, least=99.0) == []


def test_a_word_is_a_coin_only_where_it_is_said_to_be(tmp_path: Path) -> None:
    texts = ["10 minutes left", "that was FUN to watch today", "more fun", "FUN"]
    rows = [
        {"post": f"x:{i}", "account": f"x:{i % 3}", "created_at": at(i), "kind": "post", "text": "so much fun here"}
        for i in range(20)
    ]
    rows += [
        {"post": f"x:z{i}", "account": "x:z", "created_at": at(2 * DAY + i), "kind": "post", "text": text}
        for i, text in enumerate(texts)
    ]
    (call,) = found(tmp_path, rows)
    assert call.posts == ("x:z3",)
    assert "bare coin: 1" in call.cues


def test_other_languages_are_said(rows: Rows, tmp_path: Path) -> None:
    with open_store("memory://", tmp_path / "data") as store:
        with store.writer() as writer:
            writer.write("posts", batch("posts", *rows, {**rows[0], "post": "x:th", "lang": "th"}))
        with store.view() as view:
            assert calls_of(view).notes == ("text signals not used: 1 posts in languages without a lexicon",)


def test_nothing_in_nothing_out(tmp_path: Path) -> None:
    with open_store("memory://", tmp_path / "data") as store, store.view() as view:
        assert calls_of(view) == []


def taught(pumps: int = 24) -> tuple[Rows, Events]:
    """Pumps that are labelled, beside announcements of a lottery that are not."""
    rng = random.Random(1)
    posts: Rows = []
    events: dict[str, list[int]] = {}

    def post(who: str, when: float, text: str) -> None:
        posts.append({"post": f"x:{len(posts)}", "account": who, "created_at": at(when), "kind": "post", "text": text})

    for k in range(pumps):
        when = (10 + 2 * k) * DAY
        for who in GANG:
            post(who, when - 5 * MINUTE, "5 minutes left")
            post(who, when + rng.uniform(0, 30), f"the coin is $P{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[k]}")
        events[f"P{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[k]}"] = [round(at(when).timestamp() * 1e6)]
        for i in range(3):
            post(f"x:lot{i}", when + DAY - 9 * MINUTE, "9 minutes left")
            post(f"x:lot{i}", when + DAY + 80 * i, f"a much longer text on our lottery of today and its prize $L{k}A")
    for i in range(1500):
        post(f"x:person{i % 30}", rng.uniform(0, (10 + 2 * pumps) * DAY), rng.choice(["watching $BTC", "hm $ETH"]))
    return [{**p, "tickers": [w[1:] for w in p["text"].split() if w[0] == "$"]} for p in posts], Events(events)


def test_events_teach_only_what_comes_later(tmp_path: Path) -> None:
    rows, events = taught()
    with open_store("memory://", tmp_path / "data") as store:
        with store.writer() as writer:
            writer.write("posts", batch("posts", *rows))
        with store.view() as view:
            posts = posts_of(view)
            learnt = calls_of(view, taught=events)
            assert calls_of(view, taught=events) == learnt
    state = read(posts, named(posts))
    table = features(state, Meetings.of(state))
    symbols = state.named.symbols
    whole = ranked(table, symbols, events)
    half = int(events.times[LEAST + 8])
    before = Events({c: [t for t in times if t < half] for c, times in events.by_ticker.items()})
    cut = events.stretches()[(LEAST + 8) // 4]
    early = table.at < cut
    assert np.array_equal(ranked(table, symbols, before)[early], whole[early])
    late = table.at >= cut
    pump = np.array([symbols[s].startswith("P") for s in table.symbol])
    lottery = np.array([symbols[s].startswith("L") for s in table.symbol])
    last = np.array([t == max(table.at[table.symbol == s]) for t, s in zip(table.at, table.symbol, strict=True)])
    assert whole[late & pump & last].min() > whole[late & lottery & last].max()
    assert not np.array_equal(ranked(table, symbols, events, cues=False), whole)
    assert set(CUES) < set(table.values)
    assert {c.basis for c in learnt} == {"learnt"}
    assert all(0 < c.score < 1 for c in learnt)


def test_without_events_nothing_is_ranked(rows: Rows, tmp_path: Path) -> None:
    assert found(tmp_path, rows, taught=Events({})) == []


def _times(calls: Sequence[Call]) -> list[datetime]:
    return [c.at for c in calls]


def test_calls_of_a_coin_keep_half_an_hour_apart(calls: list[Call]) -> None:
    for ticker in {c.ticker for c in calls}:
        mine = _times([c for c in calls if c.ticker == ticker])
        assert all(b - a >= timedelta(minutes=30) for a, b in pairwise(mine))
