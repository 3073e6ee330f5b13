"""Near-duplicate texts and the counting of them, against a comparison of everything with everything."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.coaction.similar import Similar
from detectors.text import comparable, near
from tests.coactions import Event, events_of, weights
from tests.similarities import brute, jaccard, naive_similar

WORDS = ("buy", "$pepe", "now", "to", "the", "moon", "涨到", "月球", "ไปดวงจันทร์", "🚀", "é", "x")
thresholds = st.sampled_from([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
sentences = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
windows = st.sampled_from([0.0, 1.0, 2.5, 30.0, 1e6])


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Posts whose texts are few, so that many are alike."""
    said = draw(st.lists(sentences, min_size=1, max_size=6))
    said += [f"{text} {draw(st.sampled_from(WORDS))}" for text in said]
    rows: list[Event] = []
    for message in range(draw(st.integers(0, 20))):
        when = draw(st.sampled_from([0.0, 1.0, 2.5, 2.500001, 3.5, 30.0, 32.5]))
        rows.append((draw(st.sampled_from("abcd")), draw(st.sampled_from(said)), when, f"m{message}"))
    return rows


@given(st.sets(sentences.map(comparable) | st.text(max_size=12).map(comparable), max_size=30), thresholds)
def test_no_pair_is_false_and_its_similarity_is_exact(texts: set[str], threshold: float) -> None:
    listed = sorted(texts)
    found = near(listed, threshold)
    expected = brute(listed, threshold)
    got = {(int(a), int(b)): s for a, b, s in zip(*found.pairs, found.similarity, strict=True)}
    assert got == {pair: expected[pair] for pair in got}
    assert len(got) == found.pairs.shape[1]


@given(streams(), windows, thresholds, st.booleans(), st.integers(1, 3))
def test_weights_are_those_of_the_naive_join(
    rows: list[Event], window: float, threshold: float, loops: bool, floor: int
) -> None:
    similar = Similar(events_of(rows), window, threshold, threads=3)
    known = {frozenset((similar.texts[a], similar.texts[b])) for a, b in brute(similar.texts, threshold)}
    expected = naive_similar(rows, window, known, loops=loops)
    edges = similar.by_message(min_weight=floor, loops=loops)
    assert weights(edges.table()) == {pair: len(w) for pair, w in expected.items() if len(w) >= floor}
    first, last, texts = similar.spans(edges)
    for i, pair in enumerate(weights(edges.table())):
        met = expected[pair].values()
        assert (first[i], last[i]) == (min(t for t, _ in met), max(t for t, _ in met))
        assert texts[i] == len({text for _, text in met})


@given(streams(), windows, thresholds, st.randoms(use_true_random=False))
def test_neither_order_nor_names_of_accounts_matter(
    rows: list[Event], window: float, threshold: float, rng: random.Random
) -> None:
    names = dict(zip("abcd", rng.sample("stuv", 4), strict=True))
    other = [(names[a], *rest) for a, *rest in rng.sample(rows, len(rows))]
    one, two = (Similar(events_of(r), window, threshold) for r in (rows, other))  # type: ignore[arg-type]
    found = weights(one.by_message().table())
    assert {(names[u], names[v]): w for (u, v), w in found.items()} == weights(two.by_message().table())
    renamed = [(names[r["actor"]], r["object"], r["at"], r["message"]) for r in one.clusters().to_pylist()]
    assert sorted(renamed) == sorted(tuple(r.values()) for r in two.clusters().to_pylist())


@given(streams(), windows, thresholds)
def test_members_of_a_cluster_are_similar_to_its_centre(rows: list[Event], window: float, threshold: float) -> None:
    similar = Similar(events_of(rows), window, threshold)
    table = similar.clusters()
    texts = {message: comparable(text) for _, text, _, message in rows}
    assert table.num_rows == sum(bool(texts[r[3]]) for r in rows)
    by_text: dict[str, set[str]] = {}
    for row in table.to_pylist():
        own = texts[row["message"]]
        assert jaccard(own, row["object"]) >= threshold
        by_text.setdefault(own, set()).add(row["object"])
    assert all(len(centres) == 1 for centres in by_text.values())
    things, times = table["object"].combine_chunks().indices.to_numpy(), table["at"].cast("int64").to_numpy()
    assert list(zip(things, times, strict=True)) == sorted(zip(things, times, strict=True))
    assert np.array_equal(np.unique(things), np.arange(len(np.unique(things))))
