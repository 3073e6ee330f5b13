"""What a finding says of promotion: measured beside what is usual; and who is left alone."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.base import Scope, resolve
from detectors.promotion.pairs import announcements, layers_of, pair_scores
from detectors.promotion.searching import Search
from detectors.run import run
from detectors.shilling import Shilling
from graph.findings import Checked, Evidence, Finding, Priority
from graph.model import NodeType
from graph.store import open_store
from tests.coactions import planted
from tests.stores import at, fill

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
DAY = 86_400
MEMBERS = [f"x:member{i}" for i in range(5)]


def flagged(tables: Rows, folder: Path, **params: Any) -> list[Finding]:
    """What is flagged in a store of these rows."""
    with open_store("memory://", folder / "data") as store:
        fill(store, tables)
        (result,) = run(store, ["shilling"], {"shilling": params})
    assert result.run.error is None
    return list(result.findings)


def measured(finding: Finding, about: str) -> Evidence:
    """The evidence whose measure holds these words."""
    (found,) = [e for e in finding.evidence if about in e.measure]
    return found


def value(finding: Finding, feature: str) -> float | None:
    """A feature of the score."""
    (found,) = [r.value for r in finding.reasons if r.name == feature]
    return found


def test_focus_is_held_against_everybody_elses(tmp_path: Path) -> None:
    (ring,) = flagged(planted(), tmp_path)
    focus = measured(ring, "messages on $PUMP")
    own = sum(p["account"] in MEMBERS for p in planted()["posts"])
    assert [focus.value, focus.expected] == [40, 0]
    assert f"members' {own} on any ticker" in focus.measure
    assert value(ring, "focus") == pytest.approx(40 / own, abs=1e-6)


def test_new_members_are_held_against_all_accounts(tmp_path: Path) -> None:
    people = [{"account": f"x:person{i:02}", "created_at": at(-900 * DAY)} for i in range(60)]
    members = [{"account": m, "created_at": at(-3 * DAY)} for m in MEMBERS]
    (ring,) = flagged({**planted(), "accounts": [*people, *members]}, tmp_path)
    new = measured(ring, "made in the month before it began")
    assert new.value == 5
    assert new.expected == pytest.approx(5 * 5 / 65, abs=0.01)
    assert new.p_value is not None
    assert new.p_value < 1e-4
    assert "5 of them were made in the month before it began" in ring.summary


def test_reactions_by_members_are_told_from_those_by_others(tmp_path: Path) -> None:
    tables = planted()
    mine = [p for p in tables["posts"] if "PUMP" in p["tickers"]]
    likes = [
        {"interaction": f"like{i}", "account": MEMBERS[(MEMBERS.index(p["account"]) + 1) % 5], "kind": "like"}
        | {"target_type": "post", "target": p["post"], "at": p["created_at"] + timedelta(seconds=20)}
        for i, p in enumerate(mine)
    ]
    others = [
        {"interaction": f"o{i}", "account": f"x:person{i % 60:02}", "kind": "like", "target_type": "post"}
        | {"target": p["post"], "at": p["created_at"] + timedelta(hours=9)}
        for i, p in enumerate(p for p in tables["posts"] if p["account"] not in MEMBERS)
    ]
    (ring,) = flagged({**tables, "interactions": [*likes, *others]}, tmp_path)
    inner = measured(ring, "of 40 reposts, replies, quotes and likes")
    assert inner.value == 40
    assert inner.expected < 4
    assert set(inner.interactions) <= {like["interaction"] for like in likes}
    assert value(ring, "prompt engagement") == 1
    assert "40 of 40 reactions to their posts are by themselves" in ring.summary


def test_referral_codes_in_links_and_identifiers(tmp_path: Path) -> None:
    tables = planted()
    for p in tables["posts"]:
        if p.get("links"):
            p["links"] = ["https://pump.example/join?ref=ab12"]
    codes = [{"account": m, "kind": "referral", "value": "boss7"} for m in MEMBERS]
    (ring,) = flagged({**tables, "identifiers": codes}, tmp_path)
    assert measured(ring, "with a referral code in a link (1 codes)").value == 20
    assert measured(ring, "said to use one referral code").value == 5
    assert value(ring, "referral codes") == 1


def test_who_starts_is_evidence_and_no_name_is_in_the_sentence(tmp_path: Path) -> None:
    tables = planted(calls=14)
    for p in tables["posts"]:
        if p["account"] == MEMBERS[3] and "PUMP" in p["tickers"]:
            p["created_at"] -= timedelta(seconds=41)
    (ring,) = flagged(tables, tmp_path)
    first = measured(ring, "times that it was first")
    assert [n.key for n in first.nodes] == [MEMBERS[3]]
    assert first.value > 3 * first.expected
    assert "one of them began" in ring.summary
    assert not any(m in ring.summary for m in MEMBERS)


def test_a_language_without_a_lexicon_is_said_and_speaks_neither_way(tmp_path: Path) -> None:
    tables = planted()
    for p in tables["posts"]:
        p["lang"] = "fi"
    (ring,) = flagged(tables, tmp_path)
    assert value(ring, "calls to act") is None
    assert "text signals not used for 40 of 40 posts: no lexicon for fi" in ring.limits
    (read,) = flagged(planted(), tmp_path)
    assert value(read, "calls to act") == 1
    assert not any("text signals" in limit for limit in read.limits)


def audience(posts: list[dict[str, Any]], text: str, **more: Any) -> None:
    """Twelve fans repost each show of a star within seconds; others repost other things, slowly."""
    rng = random.Random(4)
    for show in range(16):
        when = 50_000 * show + rng.uniform(0, 9000)
        key = f"x:show{show}"
        posts.append({"post": key, "account": "x:star", "created_at": at(when), "kind": "post", "text": text, **more})
        for fan in range(12):
            row = {"post": f"x:fan{show}-{fan}", "account": f"x:fan{fan:02}", "kind": "repost", "parent": key}
            posts.append({**row, "created_at": at(when + 5 + rng.uniform(0, 30))})
        posts.append(
            {"post": f"x:note{show}", "account": "x:writer", "created_at": at(when), "kind": "post", "text": "hm"}
        )
        for k in range(9):
            row = {
                "post": f"x:slow{show}-{k}",
                "account": f"x:person{k * 3:02}",
                "kind": "repost",
                "parent": f"x:note{show}",
            }
            posts.append({**row, "created_at": at(when + 3600 * (k + 1) + rng.uniform(0, 3000))})


def test_an_audience_of_nothing_for_sale_is_a_note_and_the_same_for_a_coin_is_not(tmp_path: Path) -> None:
    for text, more, note in (("the show begins", {}, True), ("buy $GEM now", {"tickers": ["GEM"]}, False)):
        rows = planted(calls=0)["posts"]
        audience(rows, text, **more)
        assert note is False or flagged({"posts": rows}, tmp_path) == []  # a popular source explains them
        (ring,) = flagged({"posts": rows}, tmp_path, interests=1.0)
        (nothing,) = [e for e in ring.would_clear if e.text.startswith("nothing is promoted")]
        assert (nothing.state is Checked.PRESENT) is note
        assert (ring.priority is Priority.NOTE) is note
        target = measured(ring, "those of one account, the target")
        assert [n.key for n in target.nodes if n.type is NodeType.ACCOUNT] == ["x:star"]
        assert target.value == 16


def test_where_words_cannot_be_read_what_has_no_ticker_or_link_counts_half(tmp_path: Path) -> None:
    rows = planted(calls=0)["posts"]
    audience(rows, "esitys alkaa", lang="fi")
    (ring,) = flagged({"posts": rows}, tmp_path, interests=1.0)
    (nothing,) = [e for e in ring.would_clear if e.text.startswith("nothing is promoted")]
    assert nothing.state is Checked.PRESENT
    assert nothing.detail == (
        "0 of 16 posts carry nothing of the kind; 16, whose words cannot be read, have no ticker or link"
    )
    assert ring.priority is not Priority.NOTE


def test_background_that_everybody_talks_about_flags_nobody(tmp_path: Path) -> None:
    """One ticker in half of all posts, with heavy bursts, news that brings a crowd, and a listing."""
    rng = random.Random(8)
    rows: list[dict[str, Any]] = []

    def post(who: str, when: float, coin: str, text: str) -> None:
        row = {"post": f"x:p{len(rows)}", "account": who, "created_at": at(when), "kind": "post", "tickers": [coin]}
        rows.append({**row, "text": text})

    people = [f"x:p{i:03}" for i in range(150)]
    for who in people:
        for _ in range(rng.randrange(5, 25)):
            coin = "BTC" if rng.random() < 0.5 else f"C{rng.randrange(30)}"
            post(who, rng.uniform(0, 20 * DAY), coin, f"{rng.random()} ${coin}")
    for burst in range(25):  # the price moves, and everybody is there within the minute
        when = rng.uniform(0, 20 * DAY)
        for who in rng.sample(people, rng.randrange(15, 60)):
            post(who, when + rng.expovariate(1 / 60), "BTC", f"whoa {rng.random()} $BTC")
        if burst % 8 == 0:  # news, and a listing: one coin, once
            for who in rng.sample(people, 50):
                post(who, when + rng.expovariate(1 / 300), f"C{burst}", f"{rng.random()} $C{burst}")
    assert flagged({"posts": rows}, tmp_path) == []
    assert flagged({"posts": rows}, tmp_path, hub_posts=500) == []


def test_a_slow_campaign_is_seen_in_the_wide_window_alone(tmp_path: Path) -> None:
    rng = random.Random(2)
    rows = planted(calls=0)["posts"]
    for call in range(14):
        coin = f"GEM{call}"  # another coin each time, which a few others name at other times
        begin = 60_000 * call + rng.uniform(0, 9000)
        for k in range(6):
            row = {"post": f"x:c{call}-{k}", "account": f"x:slow{k}", "kind": "post", "text": f"${coin} {rng.random()}"}
            rows.append({**row, "created_at": at(begin + 75 * k), "tickers": [coin]})
        for k in range(6):
            who = f"x:person{rng.randrange(60):02}"
            row = {"post": f"x:o{call}-{k}", "account": who, "kind": "post", "text": f"${coin}?"}
            rows.append({**row, "created_at": at(rng.uniform(0, 10 * DAY)), "tickers": [coin]})
    (ring,) = flagged({"posts": rows}, tmp_path, slow=0)
    assert sorted(ring.accounts) == [f"x:slow{k}" for k in range(6)]
    assert "within 10 min of each other" in ring.summary
    assert flagged({"posts": rows}, tmp_path, wide=0, slow=0) == []


def channels() -> list[dict[str, Any]]:
    """Two channels that count down to the same coins; others that name the same coins at other times."""
    rng = random.Random(1)
    rows: list[dict[str, Any]] = []

    def say(who: str, when: float, text: str) -> None:
        rows.append({"post": f"t:{len(rows)}", "account": who, "created_at": at(when), "kind": "post", "text": text})

    for n, coin in enumerate(["ADX", "SNM", "REQ", "VIB", "GRS", "BRD"]):
        when = 100_000 * (n + 1)
        for who in ("t:a", "t:b"):
            say(who, when - 300 + rng.uniform(0, 5), "5 minutes left until the pump")
            say(who, when + rng.uniform(0, 5), f"The coin is ${coin}")
        for k in range(12):
            say(f"t:c{k}", rng.uniform(0, 7e5), f"looking at ${coin} {rng.random()}")
    return rows


def test_pairs_of_channels_have_scores(tmp_path: Path) -> None:
    with open_store("memory://", tmp_path / "data") as store:
        fill(store, {"posts": channels()})
        with store.view() as view:
            layers = layers_of(view, resolve(Shilling(), {}, "test"), Scope(end=at(650_000)))
            every = announcements(view)
    assert {"co_coin", "co_call", "co_counting"} <= set(layers)
    assert (every["co_call"].num_rows, layers["co_call"].num_rows) == (12, 12)
    assert set(every["co_call"]["actor"].to_pylist()) == {"t:a", "t:b"}
    found = pair_scores(layers, 60).sort_by([("score", "descending")]).to_pylist()
    assert (found[0]["source"], found[0]["target"]) == ("t:a", "t:b")
    assert found[0]["occasions"] > found[0]["expected"]
    assert all(row["source"] < row["target"] for row in found)


def test_likes_a_view_are_held_against_those_of_all_posts(tmp_path: Path) -> None:
    tables = planted()
    counts = [
        {"post": p["post"], "observed_at": at(1e6), "views": 100, "likes": 40 if p["account"] in MEMBERS else 1}
        | {"reposts": 0}
        for p in tables["posts"]
    ]
    (ring,) = flagged({**tables, "engagements": counts}, tmp_path)
    ratio = measured(ring, "likes and reposts a view, mean of 40 posts")
    assert ratio.value == pytest.approx(0.4)
    assert 0.01 < ratio.expected < 0.2
    (few,) = flagged({**tables, "engagements": counts[:3]}, tmp_path)
    assert value(few, "engagement ratio") is None


@pytest.mark.parametrize(
    ("given", "windows"),
    [({}, [60, 600, 21_600]), ({"window": 900.0}, [900, 21_600]), ({"wide": 0.0, "slow": 0.0}, [60])],
)
def test_windows_that_are_not_wider_are_not_searched(
    tmp_path: Path, given: dict[str, float], windows: list[int]
) -> None:
    with open_store("memory://", tmp_path / "data") as store, store.view() as view:
        search = Search(view, resolve(Shilling(), given, "test"), Scope())
    assert search.windows == windows
    assert [s.found.options.level for s in search.searches] == [0.05 / len(windows)] * len(windows)
