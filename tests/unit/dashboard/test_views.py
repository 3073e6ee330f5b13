"""Rows that the screens show."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dashboard import times, views
from graph.findings import Reason, Window
from graph.model import Account, Label, NodeRef, NodeType, Post
from graph.store import Store, open_store
from tests import flagged
from tests.flagged import ACCOUNTS, START


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path) as store:
        flagged.load(store)
        flagged.flag(store)
        yield store


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (0.0, "0"), (37.0, "37"), (1.37, "1.37"), (0.02, "0.02"), (3.2e-9, "3.20e-09"),
        (12345.6, "12,346"), (-2.5, "-2.5"), (1e20, "1.00e+20"),
    ],
)  # fmt: skip
def test_numbers(value: float | None, text: str) -> None:
    assert views.number(value) == text


def test_times_are_utc_and_say_so() -> None:
    local = datetime.fromisoformat("2026-03-03T15:00:00.250000+01:00")
    assert times.utc(local) == "2026-03-03 14:00:00.250 UTC"
    assert times.utc(local.replace(microsecond=17)) == "2026-03-03 14:00:00.000017 UTC"
    assert times.utc(None) == "time unknown"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "2026-03-03 14:00:00 UTC"),
        (timedelta(seconds=90), "2026-03-03 14:00:00 – 14:01:30 UTC (1.5 min)"),
        (timedelta(days=2, hours=3), "2026-03-03 14:00:00 – 2026-03-05 17:00:00 UTC (2.12 days)"),
        (timedelta(seconds=5), "2026-03-03 14:00:00 – 14:00:05 UTC (5 s)"),
        (timedelta(hours=3), "2026-03-03 14:00:00 – 17:00:00 UTC (3 h)"),
    ],
)
def test_spans(length: timedelta, text: str) -> None:
    assert times.span(Window(START, START + length)) == text


def test_staleness_says_how_old_and_when_clocks_are_wrong() -> None:
    assert views.staleness(7, None, START) == "Data up to commit 7 · no posts"
    assert "newest post 2026-03-03 14:00:00 UTC, 3 days ago" in views.staleness(7, START, START + timedelta(days=3))
    assert "in the future: check the clock" in views.staleness(7, START, START - timedelta(days=3))


def test_list_names_the_rank_for_what_it_is() -> None:
    row = views.finding_rows([flagged.shilling()])[0]
    assert row["Kind"] == "Shilling cluster"
    assert row["Priority"] == "high"
    assert row["Uncalibrated rank"] == 0.93
    assert row["Members"] == 8
    assert row["Tickers"] == "$XYZ"
    assert str(row["What was flagged"]).startswith("8 accounts posted $XYZ")
    assert row["Finding"] == flagged.shilling().id
    assert views.finding_rows([flagged.shadow()])[0]["Priority"] == "low (shadow)"


def test_filters() -> None:
    shilling, sybil, shadow = flagged.shilling(), flagged.sybil(), flagged.shadow()
    found = [shilling, sybil, shadow]
    assert views.select(found) == [shilling, sybil]
    assert views.select(found, shadow=True) == found
    assert views.select(found, ["sybil_ring"]) == [sybil]
    assert views.select(found, [], ["ABC", "XYZ"]) == [shilling]
    assert views.select(found, ["sybil_ring"], ["XYZ"]) == []


def test_evidence_says_value_expectation_and_chance() -> None:
    first, second = views.evidence_rows(flagged.shilling())
    assert first == {
        "": "E1", "Measure": "posting $XYZ within 60 s of each other", "Value": "42", "Expected": "1.37",
        "p-value": "3.20e-09", "Unit": "occasions", "Rests on it": "yes", "Nodes": "1 ticker, 48 posts",
    }  # fmt: skip
    assert second["p-value"] == "not computed"
    assert second["Rests on it"] == ""


def test_evidence_of_one_account_names_it() -> None:
    account, post = NodeRef(NodeType.ACCOUNT, "x:1\u202e"), NodeRef(NodeType.POST, "x:2")
    assert views.nodes_line([account, post]) == "account x:1⟨U+202E⟩, 1 post"
    assert views.nodes_line([account, NodeRef(NodeType.ACCOUNT, "x:3")]) == "2 accounts"


def test_rests_on_is_named_with_its_numbers() -> None:
    assert views.rests_on(flagged.shilling()) == [
        "E1: posting $XYZ within 60 s of each other: 42 occasions, expected 1.37"
    ]
    assert views.rests_on(flagged.sybil()) == []


def test_members_carry_evidence_of_their_own_and_attributed_labels() -> None:
    accounts = {ACCOUNTS[0]: Account(ACCOUNTS[0], handle="mo\u202eon", created_at=START, verified=True)}
    labels = {ACCOUNTS[0]: [Label(ACCOUNTS[0], "service", "vendor", START, START + timedelta(days=1))]}
    rows = views.member_rows(flagged.shilling(), accounts, labels)
    assert rows[0] == {
        "Account": "x:100", "Handle": "mo⟨U+202E⟩on", "Role": "core", "Uncalibrated rank": 0.97,
        "Evidence of its own": "E1", "Created": "2026-03-03 14:00:00 UTC", "Verified": "yes",
        "Labels": "“service”, labelled by vendor on 2026-03-03, until 2026-03-04",
    }  # fmt: skip
    assert rows[7]["Role"] == "possibly compromised"
    assert rows[7]["Evidence of its own"] == "none: member only"
    assert (rows[7]["Handle"], rows[7]["Created"], rows[7]["Verified"], rows[7]["Labels"]) == (
        "–", "unknown", "unknown", "none loaded",
    )  # fmt: skip
    assert views.attribution(Label("x:1", "sybil")) == "“sybil”, labelled by an unnamed source at an unknown date"


def test_labels_are_read_for_the_members_alone(store: Store) -> None:
    with store.view() as view:
        assert [x.label for x in views.labels_of(view, ACCOUNTS)["x:107"]] == ["verified"]
        assert views.labels_of(view, ["x:100"]) == {}


def test_nodes_start_with_what_the_finding_rests_on() -> None:
    finding = flagged.shilling()
    first, second = (e.ref for e in finding.evidence)
    assert views.nodes_of(finding)[0] == NodeRef(NodeType.TICKER, "XYZ")
    assert views.nodes_of(finding, [second])[0] == NodeRef(NodeType.LINK, flagged.LINK)
    assert len(views.post_keys(finding)) == len(views.post_keys(finding, [first])) == 48
    assert len(views.post_keys(finding, [second])) == 30
    assert views.post_keys(flagged.sybil()) == ()


def test_posts_by_time_as_text() -> None:
    posts = [
        Post("x:3"),
        Post("x:2", "x:9", START, text=flagged.HOSTILE[3], links=("https://a.example/\u202e",), hashtags=("moon",)),
        Post("x:1", "x:8", START - timedelta(seconds=1), text="a", tickers=("XYZ", "ABC")),
    ]
    ordered = views.by_time(posts)
    assert [p.post for p in ordered] == ["x:1", "x:2", "x:3"]
    one, two, three = views.post_rows(ordered, {"x:8": "moon", "x:9": None})
    assert (one["Account"], one["Tickers"]) == ("@moon (x:8)", "$XYZ, $ABC")
    assert two["Account"] == "x:9"
    assert two["Text"] == "send to ⟨U+202E⟩gnp.exe⟨U+202C⟩ now⟨U+200B ×3⟩ <a href='http://evil.example/a'>here</a>"
    assert (two["Links"], two["Hashtags"]) == ("https://a.example/⟨U+202E⟩", "#moon")
    assert (three["Account"], three["Time"], three["Text"]) == (
        "author not loaded",
        "time unknown",
        "(not loaded, or removed)",
    )


@pytest.mark.parametrize(
    ("texts", "removed", "earlier"),
    [
        ([], False, []),
        (["a"], False, []),
        (["a", "a", "b"], False, ["a"]),
        ([None, "b\u200b", "c"], False, ["", "b⟨U+200B⟩"]),
        (["a"], True, ["a"]),
        (["a", "b", "b"], True, ["a", "b"]),
    ],
)
def test_earlier_texts_of_a_post(texts: list[str | None], removed: bool, earlier: list[str]) -> None:
    rows: list[dict[str, object]] = [{"text": t, "ended": i + 2} for i, t in enumerate(texts)]
    if rows and not removed:
        rows[-1]["ended"] = None
    assert views.versions(rows) == earlier


def test_origin_suffices_to_run_it_again() -> None:
    rows = {r["What"]: r["Value"] for r in views.origin_rows(flagged.shilling())}
    assert rows["Detector"] == "shilling 1"
    assert rows["Data cut (commit)"] == "1"
    assert rows["Parameter window_s"] == "60"
    assert rows["Layer co_ticker"] == "42 (p 3.20e-09)"
    assert rows["Layer co_link"] == "30"
    assert rows["Supersedes"] == "–"


def test_a_score_is_called_a_rank_until_decisions_have_calibrated_it() -> None:
    rank = flagged.shilling()
    learnt = dataclasses.replace(flagged.sybil(), score_means="13 of 20 similar confirmed")
    assert views.score_name([rank]) == ("Uncalibrated rank", views.ABOUT_RANK)
    assert views.score_name([rank, learnt]) == ("Score", views.ABOUT_SCORE)
    assert views.finding_rows([rank, learnt])[1]["Score"] == learnt.score


def test_reasons_show_what_has_a_part_in_the_score_and_what_is_unknown() -> None:
    reasons = (
        Reason("burst size", 0.75, 0.26, 0.195, "share of the ring"),
        Reason("templates", None, 0, 0, "unknown: needs texts"),
        Reason("size", 3, 0, 0),
    )
    rows = views.reason_rows(dataclasses.replace(flagged.shilling(), reasons=reasons))
    assert [tuple(r.values()) for r in rows] == [
        ("burst size", "0.75", 0.26, 0.195, "share of the ring"),
        ("templates", "unknown", 0, 0, "unknown: needs texts"),
    ]


def test_says_when_posts_were_loaded_since(store: Store) -> None:
    with store.view() as view:
        assert views.behind(flagged.shilling(data_cut=1), view) == ""
        assert "on commit 0 of 2" in views.behind(flagged.shilling(data_cut=0), view)


def test_words_are_careful() -> None:
    words = f"{views.ABOUT_RANK} {views.ABOUT_P} {views.NO_OWN} {views.OWN}".lower()
    assert not {"guilty", "fraud", "criminal", "culprit", "offender"} & set(words.split())
    assert "not a probability" in words


def test_a_ratio_is_written_without_a_unit() -> None:
    evidence = flagged.sybil().evidence[0]
    assert views.measured(evidence).endswith(": 3 accounts, expected 0.02")
    assert views.measured(dataclasses.replace(evidence, unit="1")).endswith(": 3, expected 0.02")
    one = dataclasses.replace(evidence, value=1, unit="meetings")
    assert views.measured(one).endswith(": 1 meeting, expected 0.02")
