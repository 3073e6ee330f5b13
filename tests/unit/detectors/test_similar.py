"""Counting posts with similar texts: examples, exact copies, floods, odd input, plain Python."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from detectors.coaction import similar_kernels as kernels
from detectors.coaction.hubs import Hubs
from detectors.coaction.similar import Similar
from detectors.coaction.sweep import sweep
from detectors.text import comparable
from graph.projection import SCHEMA
from tests.coactions import Event, events_of, weights
from tests.similarities import brute, naive_similar

CALL = "do not sleep on $pump tonight, it is going to the moon"
WORDS = ("buy", "sell", "moon", "pump", "gem", "wen", "lambo", "now")
SOME: list[Event] = [
    ("anna", CALL, 0.0, "m1"),
    ("bo", f"{CALL}!", 60.0, "m2"),
    ("bo", f"{CALL}!!", 61.0, "m3"),
    ("cy", f"@all {CALL} https://t.co/x", 120.0, "m4"),
    ("anna", "good morning everybody", 30.0, "m5"),
    ("dee", "good evening everybody", 31.0, "m6"),
]


def test_a_weight_is_of_messages_with_a_similar_one_in_the_window() -> None:
    found = Similar(events_of(SOME), 60)
    edges = found.by_message()
    assert weights(edges.table()) == {
        ("anna", "bo"): 1,  # 60 s apart is within, 61 s is not
        ("bo", "anna"): 1,
        ("bo", "cy"): 2,
        ("cy", "bo"): 1,
    }
    first, last, texts = found.spans(edges)
    bo_cy = list(weights(edges.table())).index(("bo", "cy"))
    assert (first[bo_cy] / 1e6, last[bo_cy] / 1e6, texts[bo_cy]) == (60, 61, 2)
    assert weights(found.by_message(min_weight=2).table()) == {("bo", "cy"): 2}
    assert weights(found.by_message(loops=True).table())["bo", "bo"] == 2


def test_similar_to_a_text_in_the_middle_is_not_similar() -> None:
    """Similarity is not transitive, and no weight pretends that it is."""
    ends = [f"{CALL} 1234567", f"{CALL} 1234567 abcdefg", f"{CALL} 1234567 abcdefg hijklmnop"]
    assert set(brute(ends, 0.8)) == {(0, 1), (1, 2)}
    rows: list[Event] = [(name, text, 0.0, name) for name, text in zip("abc", ends, strict=True)]
    found = Similar(events_of(rows), 0)
    assert set(weights(found.by_message().table())) == {("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")}
    assert {r["object"] for r in found.clusters().to_pylist()} == {ends[1]}  # all are near the one in the middle


def stream(seed: int, texts: list[str], posts: int) -> list[Event]:
    rng = random.Random(seed)
    return [(f"u{rng.randrange(12)}", rng.choice(texts), float(rng.randrange(2000)), f"m{i}") for i in range(posts)]


@pytest.mark.parametrize("seed", range(5))
def test_at_a_similarity_of_one_it_is_the_count_of_equal_texts(seed: int) -> None:
    rng = random.Random(seed)
    texts = [" ".join(rng.choices(WORDS, k=8)) for _ in range(40)]
    rows = stream(seed, texts, 400)
    alike = Similar(events_of(rows), 60, 1.0)
    assert not alike.near.pairs.size  # no two of these have the same shingles
    assert alike.by_message(loops=True).table().equals(sweep(events_of(rows), 60, loops=True).table())
    assert sorted(map(str, alike.clusters().to_pylist())) == sorted(map(str, events_of(rows).to_pylist()))


@pytest.mark.parametrize("seed", range(5))
def test_posts_with_equal_texts_are_always_among_those_with_similar_ones(seed: int) -> None:
    texts = [f"{CALL} {i}" for i in range(30)]
    rows = stream(seed, texts, 300)
    equal = weights(sweep(events_of(rows), 60).table())
    for threshold in (0.5, 0.8, 1.0):
        similar = weights(Similar(events_of(rows), 60, threshold).by_message().table())
        assert all(similar[pair] >= weight for pair, weight in equal.items())


def test_fifty_thousand_copies_are_one_text() -> None:
    rows: list[Event] = [(f"u{i % 50}", CALL, float(i), f"m{i}") for i in range(50_000)]
    found = Similar(events_of(rows), 60)
    assert found.texts == [CALL]
    assert weights(found.by_message(min_weight=1000).table()) == {
        (f"u{u}", f"u{v}"): 1000 for u in range(50) for v in range(50) if u != v
    }
    assert found.limits == ()


def test_fifty_thousand_copies_at_once_are_not_enumerated_and_it_is_said() -> None:
    rows: list[Event] = [(f"u{i}", CALL, 0.0, f"m{i}") for i in range(50_000)]
    rows += [("anna", "good morning everybody", 0.0, "a"), ("bo", "good morning everybody!", 0.0, "b")]
    found = Similar(events_of(rows), 60)
    assert weights(found.by_message().table()) == {("anna", "bo"): 1, ("bo", "anna"): 1}
    assert found.limits == ("“do not sleep on $pump tonight, it is go…” skipped: 100 % of all texts posted",)


def test_texts_above_the_stated_rate_are_skipped_with_those_that_are_like_them() -> None:
    rows: list[Event] = [(f"u{i}", f"{CALL} {i % 3}", 0.0, f"m{i}") for i in range(12)]
    assert len(Similar(events_of(rows), 0, hubs=Hubs(11)).by_message()) == 12 * 11
    few = Similar(events_of(rows), 0, hubs=Hubs(10.5))
    assert len(few.by_message()) == 0
    assert few.limits[0].endswith("and 2 more skipped: 100 % of all texts posted")
    assert len(Similar(events_of(rows), 0, hubs=None).by_message()) == 12 * 11


def test_posts_without_words_never_meet_and_are_counted() -> None:
    """In coordination-network-toolkit 1.5.2 two texts that are empty without mentions are equal, and divide by zero."""
    nothing = ["", " \t", "@a @b", "https://t.co/x", "\u200b\u202e", "\x00"]
    rows: list[Event] = [(f"u{i}", text, 0.0, f"m{i}") for i, text in enumerate(nothing)]
    found = Similar(events_of(rows), 60)
    assert len(found.by_message()) == 0
    assert found.clusters().num_rows == 0
    assert found.limits == ("6 posts without words of their own were left out",)


def test_one_post_without_words_is_said_in_the_singular() -> None:
    assert Similar(events_of([("a", "@b", 0.0, "m")]), 1).limits == ("1 post without words of its own was left out",)


def test_an_empty_table_has_no_edges() -> None:
    found = Similar(SCHEMA.empty_table(), 60)
    assert len(found.by_message()) == 0
    assert found.clusters().schema.equals(SCHEMA)


@pytest.mark.parametrize("window", [-1.0, float("nan"), float("inf")])
def test_a_window_that_is_none_is_refused(window: float) -> None:
    with pytest.raises(ValueError, match="window_s"):
        Similar(SCHEMA.empty_table(), window)


def test_times_before_1970_and_far_ahead_and_the_widest_window() -> None:
    rows: list[Event] = [("a", CALL, -9e9, "1"), ("b", CALL, 2e11, "2"), ("c", f"{CALL}!", 0.0, "3")]
    assert len(Similar(events_of(rows), 60).by_message()) == 0
    assert len(Similar(events_of(rows), 1e12).by_message()) == 6


def test_crowded_texts_are_said() -> None:
    rows: list[Event] = [(f"u{i}", f"{CALL} {i}", 0.0, f"m{i}") for i in range(60)]
    found = Similar(events_of(rows), 60, most=500)
    assert found.limits == (
        f"{found.near.crowded} texts had too many like them to be compared with each: pairs are missing",
    )


def test_a_huge_text_and_a_huge_word_are_texts() -> None:
    word, text = "a1" * 500_000, "buy it now " * 100_000
    rows: list[Event] = [(u, t, 0.0, f"{u}{i}") for i, t in enumerate([word, text]) for u in ("a", "b")]
    assert weights(Similar(events_of(rows), 60).by_message().table()) == {("a", "b"): 2, ("b", "a"): 2}


def test_events_in_other_orders_or_without_all_they_need() -> None:
    whole = Similar(events_of(SOME), 60).by_message().table()
    broken = pa.concat_tables(
        [events_of(SOME), events_of(SOME[:1]).set_column(2, "at", pa.nulls(1, SCHEMA.field("at").type))]
    )
    assert Similar(broken, 60).by_message().table().equals(whole)
    assert Similar(broken.slice(len(SOME)), 60).texts == []  # although the dictionary still has its text
    assert Similar(events_of(SOME[::-1]), 60).by_message().table().equals(whole)


def test_kernels_do_the_same_as_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = stream(4, [f"{CALL} {i}" for i in range(12)] + ["gm", "gm fam"], 60)
    fast = Similar(events_of(rows), 300, 0.7)
    edges = fast.by_message(loops=True)
    spans = fast.spans(edges)
    for name, function in list(vars(kernels).items()):
        if hasattr(function, "py_func"):
            monkeypatch.setattr(kernels, name, function.py_func)
    with np.errstate(over="ignore"):
        slow = Similar(events_of(rows), 300, 0.7)
        again = slow.by_message(loops=True)
        assert again.table().equals(edges.table())
        assert [s.tolist() for s in slow.spans(again)] == [s.tolist() for s in spans]
    known = {frozenset((slow.texts[a], slow.texts[b])) for a, b in brute(slow.texts, 0.7)}
    expected = naive_similar(rows, 300, known, loops=True)
    assert weights(edges.table()) == {pair: len(met) for pair, met in expected.items()}


def test_accounts_are_shared_out_to_any_number_of_threads() -> None:
    rows = stream(8, [f"{CALL} {i}" for i in range(12)], 200)
    tables = [Similar(events_of(rows), 60, threads=n).by_message().table() for n in (1, 2, 7, 40)]
    assert all(t.equals(tables[0]) for t in tables)
    assert comparable(CALL) == CALL
