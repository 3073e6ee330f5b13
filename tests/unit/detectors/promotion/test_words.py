"""What texts say: words by language, templates, referral codes."""

from __future__ import annotations

import pytest

from detectors.promotion.language import LEXICONS, languages, said, words
from detectors.promotion.referrals import code_of, codes
from detectors.promotion.templates import shared, slotted
from graph.model import Post


def post(text: str, lang: str | None = None, key: str = "x:1", account: str = "x:a") -> Post:
    """A post."""
    return Post(key, account=account, text=text, lang=lang)


@pytest.mark.parametrize(
    ("lang", "call", "promise"),
    [
        ("en", "buy it now", "this will explode"),
        ("es", "compra ya", "va a subir"),
        ("pt", "compre agora", "vai explodir"),
        ("fr", "achetez maintenant", "va exploser"),
        ("de", "jetzt kaufen", "wird steigen"),
        ("it", "compra ora", "esploderà"),
        ("tr", "hemen al", "uçacak"),
        ("id", "beli sekarang", "pasti naik"),
        ("vi", "mua ngay", "sẽ tăng"),
        ("ru", "покупайте", "взлетит"),
        ("zh", "赶紧上车", "百倍"),
        ("ja", "今すぐ", "爆上げ"),
        ("ko", "지금 사", "떡상"),
        ("ar", "لا تفوت", "مضمون"),
        ("hi", "जल्दी करो", "गारंटी"),
    ],
)
def test_every_language_reads_calls_and_promises(lang: str, call: str, promise: str) -> None:
    assert lang in LEXICONS
    for tag in (lang, None):
        one, other, none = said(post(call, tag)), said(post(promise, tag)), said(post("$COIN", lang))
        assert one is not None
        assert other is not None
        assert none is not None
        assert one.calls
        assert other.promises
        assert [none.calls, none.promises] == [False, False]


def test_a_language_without_a_lexicon_is_not_read() -> None:
    assert languages("osta heti", "fi") == ()
    assert languages("ซื้อเลย") == ()
    assert said(post("osta heti, 100x", "fi")) is None
    assert said(post("")) is None
    found = words([post("osta heti", "fi"), post("buy now", "en"), post("ostakaa", "fi")])
    assert (found.texts, found.read, found.unread) == (3, 1, ("fi",))
    assert found.share("calls") is None  # most of it could not be read
    assert words([post("buy now"), post("what a day")]).share("calls") == pytest.approx(0.5)


def test_a_coins_name_is_no_promise_and_an_adventure_no_advertisement() -> None:
    found = said(post("reading about $PUMP and $MOONSHOT #adventure"))
    assert found is not None
    assert [found.promises, found.calls, found.discloses] == [False] * 3
    told = said(post("trying $PUMP, I hold some #ad"))
    assert told is not None
    assert told.holds
    assert told.discloses


def test_slots_are_what_varies() -> None:
    assert slotted("Still early on $PEPE, next stop 20x 🚀 https://a.example/1") == slotted(
        "still early on $WIF: next stop 5x"
    )
    assert slotted("$PEPE") == "$"


def test_a_template_needs_two_authors() -> None:
    text = "whales are filling bags of ${}, chart looks ready {}"
    mine = [post(text.format("PEPE", i), key=f"x:{i}") for i in range(5)]
    assert shared(mine) == (frozenset(), 5)
    other = post(text.format("WIF", "!!"), key="x:9", account="x:b")
    assert shared([*mine, other]) == (frozenset({*(f"x:{i}" for i in range(5)), "x:9"}), 6)
    assert shared([post("gm", key=f"x:{i}", account=f"x:{i}") for i in range(9)]) == (frozenset(), 0)
    assert shared([]) == (frozenset(), 0)


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("https://swap.example/trade?ref=a1b2", "swap.example:a1b2"),
        ("https://swap.example/trade?inviteCode=XY-9&x=1", "swap.example:XY-9"),
        ("https://t.example/bot?start=r12345", "t.example:r12345"),
        ("https://swap.example/invite/Xy12", "swap.example:Xy12"),
        ("https://swap.example/join", None),
        ("https://news.example/r/bitcoin", None),
        ("https://news.example/register/help", None),
        ("https://news.example/a?r=home", None),
        ("an opaque id", None),
        ("https://[broken", None),
    ],
)
def test_referral_codes(link: str, code: str | None) -> None:
    assert code_of(link) == code


def test_codes_name_their_posts() -> None:
    posts = [Post(f"x:{i}", links=("https://s.example/?ref=aa1", "https://s.example/")) for i in range(2)]
    assert codes(posts) == {"s.example:aa1": {"x:0", "x:1"}}
