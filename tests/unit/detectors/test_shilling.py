"""The shilling detector: rings found for what they did, look-alikes left alone or explained, words that are careful."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.base import resolve
from detectors.coaction.context import alike, discloses
from detectors.promotion.searching import Search
from detectors.promotion.wording import length, span
from detectors.run import run
from detectors.shilling import Shilling
from graph.errors import ConfigError
from graph.findings import Checked, Explanation, Finding, Priority, Role
from graph.model import NodeType, Post
from graph.store import open_store
from tests.coactions import planted
from tests.stores import at, fill

Tables = dict[str, list[dict[str, Any]]]
MEMBERS = [f"x:member{i}" for i in range(5)]


def flagged(tables: Mapping[str, Sequence[Mapping[str, Any]]], folder: Path, **params: Any) -> list[Finding]:
    """What is flagged in a store of these rows."""
    with open_store("memory://", folder / "data") as store:
        fill(store, tables)
        (result,) = run(store, ["shilling"], {"shilling": params})
    assert result.run.error is None
    return list(result.findings)


def clear(finding: Finding, about: str) -> Explanation:
    """The explanation whose text begins so."""
    (found,) = [e for e in finding.would_clear if e.text.startswith(about)]
    return found


def pumped(tables: Tables) -> list[dict[str, Any]]:
    """The ring's own posts."""
    return [p for p in tables["posts"] if "PUMP" in p["tickers"]]


def test_a_planted_ring_is_flagged_and_nobody_else(tmp_path: Path) -> None:
    (ring,) = flagged(planted(), tmp_path)
    assert sorted(ring.accounts) == MEMBERS
    assert {m.role for m in ring.members} == {Role.CORE}
    assert ring.tickers == ("PUMP",)
    assert ring.links == ("https://pump.example/join",)
    assert [layer.name for layer in ring.layers] == ["co_ticker", "co_link", "co_text"]
    assert ring.priority is Priority.HIGH
    assert ring.summary == (
        "5 accounts were posting $PUMP within 60 s of each other 8 times in 8.2 days: pairs of them met 80 times "
        "(expected 2.7; chance of any such ring at most 0.03); on 8 of 8 occasions texts were at least 0.9 alike; "
        "none of their 40 posts there carries a recognised disclosure; 40 of 40 posts call to act (expected 2.1); "
        "40 of 40 texts are from templates that they share (expected 0)."
    )


def test_a_member_is_shown_with_its_own_posts(tmp_path: Path) -> None:
    tables = planted()
    (ring,) = flagged(tables, tmp_path)
    by_ref = {e.ref: e for e in ring.evidence}
    for member in ring.members:
        (own,) = [by_ref[r] for r in member.evidence]
        posts = {n.key for n in own.nodes if n.type is NodeType.POST}
        assert posts <= {p["post"] for p in tables["posts"] if p["account"] == member.account}
        assert own.value == 8
        assert own.expected < 2
        assert own.p_value is not None
        assert own.p_value < 1e-3


def test_what_it_rests_on_is_needed(tmp_path: Path) -> None:
    tables = planted()
    (ring,) = flagged(tables, tmp_path)
    rests = [e for e in ring.evidence if e.ref in ring.rests_on]
    assert rests
    things = {n.key for e in rests for n in e.nodes if n.type is not NodeType.POST}
    assert "PUMP" in things
    without = [p for p in tables["posts"] if "PUMP" not in p["tickers"]]
    assert flagged({"posts": without}, tmp_path) == []


def test_evidence_beyond_what_is_shown_is_a_limit(tmp_path: Path) -> None:
    tables = planted(ring=9, calls=20)
    for i, post in enumerate(pumped(tables)):
        post["links"] = [f"https://pump.example/{i // 9}"]
    (ring,) = flagged(tables, tmp_path)
    assert any("60 of 180 posts are named" in limit for limit in ring.limits)
    assert any("12 further objects" in limit for limit in ring.limits)
    # its links are twenty, eight are shown: to leave those out is not enough
    assert any(limit.startswith("it rests on more than is shown") for limit in ring.limits)


def test_a_hub_is_skipped_and_said(tmp_path: Path) -> None:
    (ring,) = flagged(planted(), tmp_path, hub_posts=30, hub_share=0.06, layers="co_ticker,co_text")
    assert any(limit.startswith("co_ticker: posting $PUMP skipped: ") for limit in ring.limits) is False
    hubs = [limit for limit in ring.limits if "skipped" in limit]
    assert hubs
    assert all(limit.endswith("% of all posts") for limit in hubs)


def test_a_declared_campaign_explains_its_posts(tmp_path: Path) -> None:
    tables = planted()
    campaign = {"campaign_id": "spring", "start": at(0), "end": at(1e6), "tickers": ["PUMP"], "participants": MEMBERS}
    for i, post in enumerate(pumped(tables)):
        post["text"] = f"my words {random.Random(i).random()} on $PUMP"
    assert len(flagged(tables, tmp_path)) == 1
    assert flagged({**tables, "campaigns": [campaign]}, tmp_path) == []
    # who is not among the participants, or does not say what must be said, is not explained
    assert len(flagged({**tables, "campaigns": [{**campaign, "participants": ["x:person00"]}]}, tmp_path)) == 1
    assert len(flagged({**tables, "campaigns": [{**campaign, "disclosure_required": True}]}, tmp_path)) == 1
    for post in pumped(tables):
        post["text"] += " #ad"
    assert flagged({**tables, "campaigns": [{**campaign, "disclosure_required": True}]}, tmp_path) == []


def test_copied_texts_remain_of_a_campaign(tmp_path: Path) -> None:
    campaign = {"campaign_id": "spring", "start": at(0), "end": at(1e6), "tickers": ["PUMP"]}
    (ring,) = flagged({**planted(), "campaigns": [campaign]}, tmp_path)
    assert [layer.name for layer in ring.layers] == ["co_text"]
    found = clear(ring, "a declared campaign")
    assert (found.state, found.detail) == (Checked.PRESENT, "spring covers 40 of 40 posts")
    assert ring.priority is Priority.NOTE


def test_reposts_of_what_a_campaign_explains_are_explained(tmp_path: Path) -> None:
    tables = planted()
    for post in pumped(tables):
        post |= {"text": "", "tickers": [], "links": []}
    targets = [f"x:call{i}" for i in range(8)]
    for i in range(8):
        first = 5 * i
        for post in pumped_by_order(tables)[first : first + 5]:
            post |= {"kind": "repost", "parent": targets[i]}
        tables["posts"].append(
            {"post": targets[i], "account": "x:brand", "created_at": post["created_at"] - timedelta(hours=1)}
            | {"kind": "post", "text": f"day {i}", "tickers": ["BRAND"]}
        )
    # other people repost as well, slowly: how soon strangers follow one another is known
    for i in range(8):
        when = next(p["created_at"] for p in tables["posts"] if p["post"] == targets[i])
        tables["posts"] += [
            {"post": f"x:slow{i}-{k}", "account": f"x:person{k:02}", "created_at": when + timedelta(hours=k + 2)}
            | {"kind": "repost", "parent": targets[i]}
            for k in range(12)
        ]
    (ring,) = flagged(tables, tmp_path)
    assert sorted(ring.accounts) == MEMBERS
    assert clear(ring, "a popular source").state is Checked.PRESENT
    campaign = {"campaign_id": "b", "start": at(0), "end": at(1e6), "tickers": ["BRAND"]}
    assert flagged({**tables, "campaigns": [campaign]}, tmp_path) == []


def pumped_by_order(tables: Tables) -> list[dict[str, Any]]:
    """The ring's posts, call by call."""
    mine = [p for p in tables["posts"] if p["account"] in MEMBERS and p["tickers"] == [] and p["kind"] != "x"]
    return sorted(mine, key=lambda p: p["created_at"])


def test_news_before_the_posts_is_an_explanation(tmp_path: Path) -> None:
    tables = planted()
    first, *_ = sorted(p["created_at"] for p in pumped(tables))
    news = {"ticker": "PUMP", "at": first - timedelta(minutes=5), "kind": "news"}
    (ring,) = flagged({**tables, "events": [news]}, tmp_path)
    assert clear(ring, "a common trigger").detail == "present for 1 of 8, 7 remain"
    (ring,) = flagged({**tables, "events": [{**news, "kind": "pump"}]}, tmp_path)
    assert clear(ring, "a common trigger").state is Checked.EXCLUDED
    (ring,) = flagged({**tables, "events": [news]}, tmp_path, layers="co_text")
    assert clear(ring, "a common trigger").detail == "present for 1 of 8, 7 remain"
    (ring,) = flagged(tables, tmp_path)
    assert clear(ring, "a common trigger").state is Checked.NOT_CHECKABLE


def test_official_accounts_are_shown_and_never_core(tmp_path: Path) -> None:
    label = {"account": MEMBERS[0], "label": "official", "source": "desk", "at": at(0)}
    over = {"account": MEMBERS[1], "label": "service", "at": at(-10), "until": at(-5)}
    (ring,) = flagged({**planted(), "labels": [label, over]}, tmp_path)
    roles = {m.account: m.role for m in ring.members}
    assert roles[MEMBERS[0]] is Role.FRINGE
    assert clear(ring, "official").detail.startswith("x:member0 labelled official by desk on 2026-03-01")
    with open_store("memory://", tmp_path / "more") as store:
        fill(store, {**planted(), "labels": [over]})
        with store.view() as view:
            from detectors.coaction.context import Context

            assert Context(view, at(0), at(9)).not_members == {}
            assert Context(view, None, at(-20)).not_members == {}


def test_a_hijacked_account_is_possibly_compromised(tmp_path: Path) -> None:
    state = {"account": MEMBERS[2], "at": at(900_000), "state": "hijacked"}
    (ring,) = flagged({**planted(), "account_states": [state]}, tmp_path)
    assert {m.account: m.role for m in ring.members}[MEMBERS[2]] is Role.COMPROMISED


def test_an_operator_who_says_so_makes_it_a_note(tmp_path: Path) -> None:
    accounts = [
        {"account": a, "handle": f"h{i}", "attributes": '{"bio": "one of the accounts of @h0", "n": 1}'}
        for i, a in enumerate(MEMBERS)
    ]
    (ring,) = flagged({**planted(), "accounts": accounts}, tmp_path)
    assert clear(ring, "one operator").detail == "5 of 5 profiles name a member"
    assert ring.priority is Priority.NOTE
    for row in accounts:
        row["attributes"] = '["@h0"]' if row["handle"] == "h1" else "no JSON"
    (ring,) = flagged({**planted(), "accounts": accounts}, tmp_path)
    assert clear(ring, "one operator").state is Checked.EXCLUDED


def test_disclosed_promotion_ranks_lower(tmp_path: Path) -> None:
    tables = planted()
    (open_,) = flagged(tables, tmp_path)
    for post in pumped(tables):
        post["text"] += " #ad"
    (told,) = flagged(tables, tmp_path)
    assert clear(told, "paid promotion").detail == "40 of 40 posts say so"
    assert told.score < open_.score
    assert "40 of their 40 posts there carry a recognised disclosure" in told.summary


def test_shares_without_posts_are_evidence_too(tmp_path: Path) -> None:
    tables = planted()
    acts = [
        {"interaction": p["post"].replace("post", "act"), "account": p["account"], "kind": "share"}
        | {"target_type": "link", "target": "https://pump.example/join", "at": p["created_at"]}
        for p in pumped(tables)
    ]
    other = [p for p in tables["posts"] if "PUMP" not in p["tickers"]]
    for i, post in enumerate(other):
        post["links"] = [f"https://site{i % 7}.example/"]
    (ring,) = flagged({"posts": other, "interactions": acts}, tmp_path)
    assert sorted(ring.accounts) == MEMBERS
    assert {i for e in ring.evidence for i in e.interactions} == {a["interaction"] for a in acts}
    assert clear(ring, "people with one interest").state is Checked.NOT_CHECKABLE
    assert clear(ring, "paid promotion").state is Checked.NOT_CHECKABLE
    assert ring.links == ("https://pump.example/join",)


def test_one_who_takes_part_now_and_then_is_fringe(tmp_path: Path) -> None:
    tables = planted(ring=6, calls=20)
    seldom = [p for p in pumped(tables) if p["account"] == "x:member5"]
    gone = {p["post"] for p in seldom[3:]}
    some = [p for p in pumped(tables) if p["account"] == "x:member4"]
    gone |= {p["post"] for p in some[8:]}
    tables["posts"] = [p for p in tables["posts"] if p["post"] not in gone]
    (ring,) = flagged(tables, tmp_path)
    roles = {m.account: m.role for m in ring.members}
    assert roles["x:member0"] is Role.CORE
    assert roles["x:member4"] is Role.AMPLIFIER
    assert roles.get("x:member5", Role.FRINGE) is Role.FRINGE


def test_texts_of_very_large_rings_are_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.shilling.POSTS_READ", 10)
    (ring,) = flagged(planted(), tmp_path)
    assert "texts of 10 of 40 posts were read" in ring.limits


@pytest.mark.parametrize("layers", ["co_ticker,co_coin", "", " , "])
def test_an_unknown_layer_or_none_is_refused_before_anything_runs(layers: str) -> None:
    with pytest.raises(ConfigError, match="layers is") as error:
        resolve(Shilling(), {"layers": layers}, "test")
    assert "co_ticker, co_link" in error.value.hint


def test_layers_are_listed_with_any_spaces(tmp_path: Path) -> None:
    (ring,) = flagged(planted(), tmp_path, layers=" co_text , co_ticker,co_text,")
    assert [layer.name for layer in ring.layers] == ["co_text", "co_ticker"]


def test_a_layer_without_events_has_no_finding(tmp_path: Path) -> None:
    assert flagged(planted(), tmp_path, layers="co_reply") == []


@pytest.mark.parametrize("seed", range(4))
def test_people_who_post_at_random_are_left_alone(tmp_path: Path, seed: int) -> None:
    rows = planted(seed, calls=0)["posts"]
    assert flagged({"posts": rows}, tmp_path) == []


def test_fans_who_post_often_in_the_same_hours_are_left_alone(tmp_path: Path) -> None:
    rng = random.Random(5)
    rows = planted(calls=0)["posts"]
    rows += [
        {
            "post": f"x:gm{day}-{i}",
            "account": f"x:fan{i}",
            "created_at": at(86_400 * day + 28_800 + rng.uniform(0, 3600)),
        }
        | {"kind": "post", "text": f"gm {rng.random()}", "tickers": ["FAN"]}
        for day in range(20)
        for i in range(25)
    ]
    assert flagged({"posts": rows}, tmp_path) == []


def test_readers_of_one_fast_source_are_left_alone(tmp_path: Path) -> None:
    rng = random.Random(6)
    rows = planted(calls=0)["posts"]
    for item in range(80):
        when = 10_000 * item
        for reader in rng.sample(range(60), 25):
            delay = rng.expovariate(1 / 45)
            rows.append(
                {"post": f"x:r{item}-{reader}", "account": f"x:person{reader:02}", "created_at": at(when + delay)}
                | {"kind": "repost", "parent": f"x:news{item}"}
            )
    assert flagged({"posts": rows}, tmp_path) == []


def test_disclosures_are_recognised() -> None:
    assert all(map(discloses, ["buy #ad", "#Anzeige: x", "Paid partnership with y", "sponsored by z"]))
    assert not any(map(discloses, [None, "", "#adventure", "i paid for lunch", "bad #adx"]))


def test_texts_are_compared_by_their_words() -> None:
    post = Post("x:1", text="buy $PEPE now friends")
    assert alike(post, Post("x:2", text="Buy $pepe  now FRIENDS @x")) == 1
    assert alike(post, Post("x:2", text="sell")) == 0
    assert alike(post, Post("x:2")) == 0


def test_spans_read_as_people_say_them() -> None:
    assert [span(d) for d in (8.25, 0.5, 0.02, 0.0)] == ["8.2 days", "12.0 hours", "29 minutes", "1 minute"]
    assert [length(s) for s in (0.5, 60, 90, 600, 3600, 21_600)] == ["0.5 s", "60 s", "90 s", "10 min", "1 h", "6 h"]


def test_a_search_of_nothing_finds_nothing(tmp_path: Path) -> None:
    with open_store("memory://", tmp_path / "data") as store, store.view() as view:
        from detectors.base import Scope

        assert Search(view, resolve(Shilling(), {}, "test"), Scope()).rings == []
