from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lockstep.demo import names, texts
from lockstep.demo.background import RHYTHMS, mentions, zipf
from lockstep.demo.draw import Draw
from lockstep.demo.phrases import ENGLISH, LANGUAGES


def test_streams_are_named_and_repeatable() -> None:
    assert Draw(1, "a", 2).uniform(3).tolist() == Draw(1, "a", 2).uniform(3).tolist()
    assert len({Draw(*key).one() for key in ((1, "a"), (2, "a"), (1, "b"), (1, "a", 1))}) == 4


def test_the_stream_never_changes() -> None:
    """A network of a seed stays the same whatever version of numpy draws it."""
    assert Draw(1, "pinned").uniform(2).tolist() == PINNED


PINNED = [0.04275714660477703, 0.4807850404157086]


@given(st.integers(0, 2**32), st.floats(1, 1e6), st.floats(1, 1e8))
def test_delays_stay_below_the_most(seed: int, scale: float, most: float) -> None:
    draw = Draw(seed, "delay")
    assert all(0 <= draw.delay(scale, most) < most * (1 + 1e-9) for _ in range(20))


def test_delays_do_not_pile_up_at_the_most() -> None:
    draw = Draw(1, "pile")
    made = [draw.delay(10, 30) for _ in range(4000)]
    assert len(set(made)) == len(made)
    assert sum(d > 29 for d in made) < 200
    assert abs(sorted(made)[2000] - 8) < 2


@given(st.integers(0, 2**32), st.integers(0, 50), st.integers(0, 60))
def test_samples_have_no_repetition(seed: int, count: int, k: int) -> None:
    taken = Draw(seed, "sample").sample(range(count), k)
    assert len(set(taken)) == len(taken) == min(count, k)


def test_shapes_of_distributions() -> None:
    draw = Draw(1, "shapes")
    tail, bell = draw.tail(20_000, 2.0), draw.bell(20_000)
    assert tail.min() >= 2
    assert abs(float(np.median(tail)) - 3.36) < 0.1
    assert tail.max() > 400
    assert abs(float(bell.mean())) < 0.03
    assert abs(float(bell.std()) - 1) < 0.03
    picked = np.bincount(draw.weighted(np.cumsum([1, 0, 3]), 20_000), minlength=3)
    assert picked[1] == 0
    assert abs(picked[2] / picked[0] - 3) < 0.2
    assert {draw.integer(2, 4) for _ in range(50)} == {2, 3}
    assert all(0 <= x < 5 for x in draw.below(100, 5).tolist())


def test_popularity_falls_with_rank() -> None:
    count = len(names.tickers())
    shares = np.diff(mentions(count), prepend=0) / mentions(count)[-1]
    assert 0.13 < shares[0] + 0 < 0.18
    assert shares[0] > shares[1] > shares[400]
    assert zipf(3).tolist() == [1_000_000, 1_500_000, 1_833_333]


@given(st.sets(st.integers(0, 2**32 - 1), min_size=2), st.integers(0, 2**32 - 1))
def test_opaque_ids_are_different_and_of_one_length(numbers: set[int], salt: int) -> None:
    made = {names.opaque(n, salt) for n in numbers}
    assert len(made) == len(numbers)
    assert {len(x) for x in made} == {10}


def test_names_are_invented_and_different() -> None:
    symbols = names.tickers()
    assert len(set(symbols)) == len(symbols) == 720
    made = names.handles(Draw(1, "handles"), 20_000)
    assert len(set(made)) == 20_000
    assert max(map(len, made)) <= 40
    assert all(h.endswith(".example") for h in (*names.NEWS_HOSTS, *names.BLOG_HOSTS))
    assert all(ip.startswith("100.") for ip in names.carrier_ips(Draw(1, "ips"), 5))
    assert names.home_ip(Draw(1, "ip")).startswith(("198.18.", "198.19."))


def test_every_phrase_can_be_filled() -> None:
    for language in LANGUAGES:
        for draws in Draw(1, "phrases", language.tag).grid(200, texts.DRAWS):
            for text in (
                texts.compose(language, draws, "$BTC"),
                texts.compose(language, draws, ""),
                texts.reply(language, draws),
            ):
                assert text.strip()
                assert "{" not in text
            assert "$BTC" in texts.compose(language, draws, "$BTC")
    assert abs(sum(language.share for language in LANGUAGES) - 1) < 1e-9
    assert LANGUAGES[texts.index_of("en")] is ENGLISH


def test_the_coin_is_named_in_other_words() -> None:
    draw = Draw(1, "words")
    parts = (("{t} one", "two"), ("three",), ("four", "five {t}"))
    made = [texts.about(draw, parts, "ZORKO") for _ in range(200)]
    assert all("$ZORKO" in text for text in made)
    assert len(set(made)) > 20
    assert len({texts.retouch(draw, "buy $ZORKO now") for _ in range(100)}) > 10


def test_a_disguised_text_reads_the_same_but_is_another() -> None:
    draw = Draw(1, "disguise")
    text = "claim your $ZORKO reward before midnight"
    made = {texts.disguise(draw, text) for _ in range(100)}
    assert len(made) > 5
    assert all("$ZORKO" in m for m in made)
    assert {len(m) - len(text) for m in made} == {0, 1}
    assert texts.disguise(draw, "$ZORKO GO") == "$ZORKO GO"


def test_prices_read_like_prices() -> None:
    assert texts.price(0.0, 0.0) == "0.00010"
    assert texts.price(0.5, 0.0) == "2.00"
    assert texts.price(0.99, 0.5) == "75.0k"


def test_rhythms_have_a_day() -> None:
    assert all(len(hours) == 24 and sum(hours) for hours in RHYTHMS)
