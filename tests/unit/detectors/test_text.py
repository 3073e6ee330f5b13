"""Near-duplicate texts: what is compared, in any script; recall; crowds; odd input."""

from __future__ import annotations

import random
import unicodedata

import numpy as np
import pytest

from detectors import text
from detectors.coaction import similar_kernels as kernels
from detectors.text import THRESHOLD, Near, banding, comparable, near
from tests.similarities import brute, jaccard, shingles


def found(texts: list[str], threshold: float = THRESHOLD) -> dict[tuple[int, int], float]:
    """Pairs and their similarities."""
    got = near(texts, threshold)
    return {(int(a), int(b)): float(s) for a, b, s in zip(*got.pairs, got.similarity, strict=True)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Buy $PEPE now", "buy  $pepe\nNOW @all"),
        ("buy now https://t.co/a1", "buy now www.sho.rt/b2"),
        ("buy now", "b\u200bu\u2060y\ufeff n\u00adow"),
        ("buy now", "\u202ebuy\u202c \u2067now\u2069\u200f"),
        ("buy now", "buy\x00 now\x07"),
        ("buy now", "ｂｕｙ　ｎｏｗ"),
        ("buy now", "𝐛𝐮𝐲 𝓷𝓸𝔀"),
        ("café", "cafe\u0301"),
        ("straße", "STRASSE"),
        ("ﬁne", "fine"),
        ("❤ now", "❤\ufe0f now"),
        ("한국", unicodedata.normalize("NFD", "한국")),
        ("می\u200cخواهم", "میخواهم"),
        ("hi ＠bo", "hi"),
        ("今すぐ買うhttps://t.co/a1", "今すぐ買うhttps://t.co/b2"),
        ("https://t.co/a1今すぐ買う", "今すぐ買う"),
        ("买www.sho.rt/a1", "买"),
    ],
)
def test_texts_that_look_the_same_are_compared_as_one(one: str, other: str) -> None:
    assert comparable(one) == comparable(other) != ""


@pytest.mark.parametrize(
    "nothing", ["", " \t\u2003\n", "@a @b", "https://t.co/x", "\u200b\u200f", "\x00", "@a https://x"]
)
def test_texts_without_words_of_their_own_are_none(nothing: str) -> None:
    assert comparable(nothing) == ""


@pytest.mark.parametrize(
    ("one", "other"), [("1 👍", "1 👎"), ("кот", "кит"), ("ばか", "はか"), ("กา", "ก่า"), ("a.b", "a,b")]
)
def test_what_is_seen_to_differ_stays_different(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


def test_shingles_weigh_five() -> None:
    assert shingles("abcdefg") == {"abcde", "bcdef", "cdefg"}
    assert shingles("比特币上涨") == {"比特币", "特币上", "币上涨"}
    assert shingles("买btc吧") == {"买btc", "btc吧"}
    assert shingles("gm") == {"gm"}


SENTENCES = [
    "we are all going to the moon with this one, do not miss your chance tonight",
    "nous allons tous décrocher la lune avec celui-ci, ne ratez pas votre chance ce soir",
    "这一次我们都要一起冲上月球千万不要错过今晚的机会因为明天就来不及了大家快来吧",
    "今夜はみんなでこのコインと一緒に月まで行きますので絶対にチャンスを逃さないでください",
    "우리는 모두 이 코인과 함께 달로 갑니다 오늘 밤 기회를 절대 놓치지 마세요 여러분 모두",
    "เราทุกคนกำลังจะไปดวงจันทร์กับเหรียญนี้อย่าพลาดโอกาสของคุณในคืนนี้นะครับทุกคนเลย",
    "мы все летим на луну вместе с этой монетой, не упустите свой шанс сегодня ночью",
    "سنذهب جميعا إلى القمر مع هذه العملة فلا تفوت فرصتك الليلة يا صديقي العزيز",
    "हम सब इस सिक्के के साथ चाँद पर जा रहे हैं आज रात अपना मौका मत चूकना दोस्तों",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_changed_end_is_found_in_any_script_and_other_sentences_are_not(sentence: str) -> None:
    texts = [comparable(s) for s in [*SENTENCES, f"{sentence} 🚀🚀", f"7 {sentence}"]]
    got = found(texts)
    assert got == brute(texts, THRESHOLD)
    mine = SENTENCES.index(sentence)
    assert set(got) == {(mine, len(SENTENCES)), (mine, len(SENTENCES) + 1), (len(SENTENCES), len(SENTENCES) + 1)}


def test_short_texts_are_similar_when_they_are_the_same_to_the_last_shingle() -> None:
    assert found(["gm", "gm!", "gm fam", "gm fam!", "好", "好的"]) == {}
    assert jaccard("gm", "gm!") == 0.0
    assert found(["gm fam and all", "gm fam and all!"]) == {(0, 1): 10 / 11}


def made(rng: random.Random, count: int) -> list[str]:
    """Distinct texts, many of them others with a few words changed."""
    words = [f"{rng.randrange(1 << 20):x}" for _ in range(3000)]
    texts: set[str] = set()
    while len(texts) < count:
        base = rng.choices(words, k=rng.randrange(6, 25))
        texts.add(" ".join(base))
        for _ in range(rng.randrange(4)):
            copy = list(base)
            for place in rng.sample(range(len(base)), rng.choice([1, 1, 2])):
                copy[place] = rng.choice(words)
            texts.add(" ".join(copy))
    return sorted(texts)


@pytest.mark.parametrize("threshold", [0.5, 0.65, 0.8, 0.9, 1.0])
def test_recall_of_pairs_above_the_threshold(threshold: float) -> None:
    texts = made(random.Random(3), 1500)
    texts += [f"{t} {t}" for t in texts[:40]]  # nearly the same sets
    got, expected = found(texts, threshold), brute(texts, threshold)
    assert len(expected) >= (0 if threshold == 1 else 60)
    assert got == {pair: expected[pair] for pair in got}
    assert len(got) >= 0.995 * len(expected)


def test_bands_leave_out_one_pair_in_two_thousand_at_the_threshold() -> None:
    for threshold in np.linspace(0.5, 1, 51):
        bands, rows = banding(float(threshold))
        assert bands * rows <= text.MINIMA
        assert (1 - threshold**rows) ** bands <= text.MISSED


@pytest.mark.parametrize("threshold", [0.0, 0.49, 1.01, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match=r"outside 0\.5 … 1"):
        near(["a", "b"], threshold)


def test_no_texts_and_empty_ones_have_no_pairs() -> None:
    assert near([]).pairs.shape == (2, 0)
    assert near([""]).pairs.shape == (2, 0)
    assert found(["", "a", "b"], 0.5) == {}


def test_only_texts_used_within_the_width_are_compared() -> None:
    texts = ["to the moon tonight with pepe", "to the moon tonight with pepe!", "to the moon tonight with pepe?"]
    spans = np.array([[0, 10], [15, 15], [16, 90]])

    def pairs(width: int) -> list[tuple[int, ...]]:
        return [tuple(p) for p in near(texts, spans=spans, width=width).pairs.T.tolist()]

    assert pairs(0) == []
    assert pairs(1) == [(1, 2)]
    assert pairs(5) == [(0, 1), (1, 2)]
    assert pairs(6) == [(0, 1), (0, 2), (1, 2)]


def test_where_too_many_crowd_each_is_compared_with_the_next_and_it_is_said() -> None:
    texts = sorted(f"do not sleep on $pump, it goes to the moon tonight, be there at {i}" for i in range(300))
    spans = np.repeat(np.arange(300), 2).reshape(-1, 2)
    whole = near(texts, spans=spans, width=300)
    some = near(texts, spans=spans, width=300, most=30_000)
    expected = brute(texts, THRESHOLD)
    assert whole.crowded == 0
    assert {tuple(p) for p in whole.pairs.T.tolist()} == set(expected)
    assert some.crowded > 100
    pairs = {tuple(p) for p in some.pairs.T.tolist()}
    assert pairs < set(expected)
    assert all((i, i + 1) in pairs for i in range(299) if (i, i + 1) in expected)
    assert near(texts, spans=spans, width=300, most=1).crowded > 0


def test_a_megabyte_of_text_is_a_text() -> None:
    rng = random.Random(5)
    huge = "".join(rng.choices("abcdefghij klmnop", k=1_000_000))
    texts = [comparable(t) for t in (huge, f"{huge}!", "x" * 1_000_000, "x" * 999_999, "short")]
    got = found(texts)
    assert set(got) == {(0, 1), (2, 3)}
    assert got[2, 3] == 1.0  # a letter repeated has one shingle, however often


def test_a_megabyte_that_almost_is_a_link_is_folded_in_linear_time() -> None:
    assert comparable("x" * 1_000_000 + "://") == "x" * 999_984
    assert comparable("www." * 250_000 + "@" * 500_000) == ""


def test_more_characters_than_can_be_packed_are_told_apart_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(9)
    alphabet = [chr(c) for c in range(0x21, 0x2000) if chr(c).isalpha()] + [chr(c) for c in range(0x4E00, 0x5600)]
    texts = sorted({"".join(rng.choices(alphabet, k=rng.randrange(1, 40))) for _ in range(200)})
    texts += [f"{t}~" for t in texts]
    assert len({c for t in texts for c in t if ord(c) < 0x4E00}) > text.NARROWS
    assert found(texts) == brute(texts, THRESHOLD)
    few = made(rng, 200)
    packed = found(few, 0.5)
    monkeypatch.setattr(text, "NARROWS", 5)
    assert found(few, 0.5) == packed


def test_work_in_pieces_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*made(random.Random(11), 150), "", "x" * 400]
    whole = found(texts, 0.5)
    monkeypatch.setattr(text, "CHUNK", 100)
    assert found(texts, 0.5) == whole


def test_clusters_are_stars_around_the_text_with_most_uses() -> None:
    # 0 – 1 – 2 – 3 in a row, 4 alone
    row = Near(np.array([[0, 1, 2], [1, 2, 3]], np.int32), np.full(3, 0.9), 5)
    assert row.clusters(np.ones(5, np.int64)).tolist() == [1, 1, 1, 3, 4]
    assert row.clusters(np.array([1, 1, 1, 9, 1])).tolist() == [0, 2, 2, 2, 4]
    assert Near(np.empty((2, 0), np.int32), np.empty(0), 0).clusters(np.empty(0, np.int64)).tolist() == []


def test_kernels_do_the_same_as_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*(comparable(s) for s in SENTENCES[:4]), *made(random.Random(2), 12), "gm", "我们"]
    uses = np.arange(len(texts), dtype=np.int64)
    fast = near(texts, 0.5)
    clusters = fast.clusters(uses).tolist()
    for name, function in list(vars(kernels).items()):
        if hasattr(function, "py_func"):
            monkeypatch.setattr(kernels, name, function.py_func)
    with np.errstate(over="ignore"):
        slow = near(texts, 0.5)
    assert slow.pairs.tolist() == fast.pairs.tolist()
    assert slow.similarity.tolist() == fast.similarity.tolist()
    assert slow.clusters(uses).tolist() == clusters
