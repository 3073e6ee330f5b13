"""Bins, ticks and spans of an axis of time, and what is counted in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import timeline as tl
from graph.store import View, open_store
from tests import flagged

HOUR = 3_600 * tl.SECOND
START = tl.micros(flagged.START)


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    folder = tmp_path_factory.mktemp("timeline")
    stranger = {"post": "x:other", "account": "x:9", "created_at": flagged.START, "kind": "repost", "tickers": ["XYZ"]}
    share = {"interaction": "x:s1", "account": "x:9", "kind": "share", "target_type": "ticker", "target": "XYZ"}
    with open_store(f"sqlite:///{folder / 'graph.db'}", folder) as store:
        flagged.load(store)
        with store.writer() as writer:
            writer.write("posts", flagged.table("posts", [stranger]))
            writer.write("interactions", flagged.table("interactions", [share]))
            writer.write("accounts", flagged.table("accounts", [{"account": "x:9", "handle": "nine"}]))
        with store.view() as view:
            yield view


@given(st.integers(0, tl.LAST - tl.MOST), st.integers(tl.LEAST, tl.MOST))
def test_any_window_has_few_bins_at_round_times_that_cover_it(start: int, length: int) -> None:
    edges = tl.edges_of((start, start + length))
    assert 2 <= len(edges) <= tl.BINS + 2
    assert edges[0] <= start < edges[0] + (edges[1] - edges[0])
    assert edges[-2] < start + length <= edges[-1]
    assert np.unique(np.diff(edges)).tolist() == [tl.step_of((start, start + length))]
    assert len(tl.ticks((start, start + length), "Asia/Tokyo")) <= 10


def test_posts_about_a_ticker_are_told_apart_by_who_wrote_them_and_what_is_left_out_is_counted(view: View) -> None:
    dots = tl.posts(view, "XYZ", tl.people(flagged.shilling(), [], "XYZ"))
    assert dots.within((START, START + 26 * HOUR)) == {tl.CORE: 36, tl.MEMBERS: 12, tl.OTHERS: 1}
    assert dots.undated == 1
    assert dots.ends() == (START, START + 25 * HOUR + 28 * tl.SECOND + 1)
    assert dots.counts(tl.edges_of((START, START + HOUR)), tl.CORE)[0:3] == [6, 0, 0]  # of 30 s each
    assert tl.posts(view, None, tl.people(flagged.sybil(), [], None)).within((START, START + HOUR)) == {
        tl.CORE: 3,
        tl.OTHERS: 6,
    }


def test_counts_over_all_bins_are_those_of_the_whole(view: View) -> None:
    dots = tl.posts(view, "XYZ", tl.people(None, [flagged.shilling()], "XYZ"))
    for span in ((START, START + 26 * HOUR), (START - 1_000 * HOUR, START + 1_000 * HOUR)):
        bars = tl.bars(dots, tl.edges_of(span), {tl.MEMBERS: "flagged", tl.OTHERS: "others"})
        assert [sum(b["counts"]) for b in bars] == [48, 1]


def test_an_unknown_ticker_has_no_posts(view: View) -> None:
    dots = tl.posts(view, "NOPE", tl.people(None, [], "NOPE"))
    assert (len(dots.at), dots.undated, dots.ends()) == (0, 0, None)


def test_accounts_whose_creation_is_not_known_are_counted(view: View) -> None:
    who = tl.people(flagged.shilling(), [], None)
    assert tl.created(view, who, everybody=False).undated == 0
    everybody = tl.created(view, who, everybody=True)
    assert everybody.undated == 1
    assert everybody.within((0, START)) == {tl.CORE: 6, tl.MEMBERS: 2}


@pytest.mark.parametrize("text", ["", "yesterday", "1969-12-31T23:59:59Z", "2900-01-01", "0001-01-01T00:00:00+14:00"])
def test_a_time_of_an_address_that_is_none(text: str) -> None:
    assert tl.read(text) is None


def test_times_of_an_address_are_read_as_they_are_written() -> None:
    assert tl.read(tl.written(START)) == START
    assert tl.read("2026-03-03T23:00:00+09:00") == START
    assert tl.read("2026-03-03T14:00:00") == START


def test_spans_are_said_in_utc_and_in_the_zone_where_it_is_another() -> None:
    span = START, START + HOUR
    assert tl.said(span, "Etc/UTC") == tl.said(span, "nonsense") == "2026-03-03 14:00:00 – 15:00:00 UTC (1 h)"
    assert tl.said(span, "Asia/Tokyo").endswith("; 2026-03-03 23:00:00 – 2026-03-04 00:00:00 Asia/Tokyo")
    assert tl.ticks(span, "Asia/Tokyo")[0] == [START / 1_000, "03-03 14:00", "03-03 23:00"]


def test_findings_of_a_span_and_windows_around_one() -> None:
    both = [flagged.shilling(), flagged.sybil()]
    assert tl.overlapping(both, (START + HOUR, START + 2 * HOUR)) == both[:1]
    assert tl.overlapping(both, (START - HOUR, START)) == []
    start, end = tl.around(flagged.shilling())
    assert start < START < tl.micros(flagged.START + timedelta(hours=25)) < end
    assert tl.fitted((5, 6))[1] - tl.fitted((5, 6))[0] == tl.LEAST
