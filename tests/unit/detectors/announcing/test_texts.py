"""What single posts say: countdowns, calls and rumours in several languages, and coins in many spellings."""

from __future__ import annotations

import pyarrow as pa
import pytest

from detectors.announcing import cues
from detectors.announcing.lexicon import LEXICONS
from detectors.announcing.symbols import Form, forms

COUNTDOWNS = (
    "10 minutes left, be online",
    "pump event: 24 hours left",
    "next message is the coin",
    "NEXT POST COIN NAME👇",
    "Guys only 5 Minuts left",
    "ℹ️ 10 minutes ℹ️\n\nGet ready",
    "5 mins to the Binance Pump !!!",
    "１０ minutes left",
    "10 min\u200butes left",
    "faltan 10 minutos",
    "noch 10 Minuten",
    "осталось 10 минут",
    "10 dakika kaldı",
    "还有10分钟",
    "残り10分",
    "10분 남았",
    "متبقي 10 دقائق",
)
NONE = ("+12% profit in 10 minutes", "I waited 10 minutes for a coffee", "gm", "", "the next post is about cats")


def has(text: str, cue: str) -> bool:
    return bool(cues.read(pa.array([text]))[cue][0])


@pytest.mark.parametrize("text", COUNTDOWNS)
def test_a_countdown_is_read(text: str) -> None:
    assert has(text, "countdown")


@pytest.mark.parametrize("text", NONE)
def test_other_texts_count_nothing_down(text: str) -> None:
    assert not has(text, "countdown")


def test_every_cue_is_read_in_every_text() -> None:
    found = cues.read(pa.array(["a", "b"]))
    assert set(found) == set(cues.NAMES)
    assert all(flags.shape == (2,) for flags in found.values())


def test_rumours_have_their_words() -> None:
    text = "hearing that the $ABC bridge was drained, get out while you can"
    assert all(has(text, cue) for cue in ("rumour", "failing", "leave"))
    assert not any(has("lovely weather on the bridge", cue) for cue in ("rumour", "failing", "leave"))


def test_every_lexicon_compiles_and_says_something() -> None:
    for lexicon in LEXICONS.values():
        assert all(getattr(lexicon, name) for name in ("units", "left", "following", "naming", "failing"))


@pytest.mark.parametrize(
    ("text", "symbol", "form"),
    [
        ("$ADX", "ADX", Form.CASH),
        ("#GXS", "GXS", Form.SOLE),
        ("gxs", "GXS", Form.SOLE),
        ("COIN IS : GXS", "GXS", Form.SAID),
        ("The coin we picked today is #SUB", "SUB", Form.SAID),
        ("Coin to pump is: 💎 THETA 💎", "THETA", Form.SAID),
        ("https://yobit.net/en/trade/REN/BTC", "REN", Form.PAIR),
        ("https://www.binance.com/en/trade/SUB_BTC", "SUB", Form.PAIR),
        ("Coin: A D X", "ADX", Form.SOLE),
        ("A-D-X", "ADX", Form.SOLE),
        ("АDХ", "ADX", Form.SOLE),  # Cyrillic A and Kha
        ("𝐁𝐍𝐓", "BNT", Form.SOLE),
        ("B\u200bNT", "BNT", Form.SOLE),
        ("монета: ADX", "ADX", Form.SAID),
        (":BUY PIE", "PIE", Form.SAID),
        ("I like ADX a lot these days", "ADX", Form.CAPS),
        ("[EOSBTC] RSI oversold today again", "EOS", Form.CAPS),
    ],
)
def test_a_coin_is_read_as_a_reader_sees_it(text: str, symbol: str, form: Form) -> None:
    assert dict(forms(pa.array([text]))[0])[symbol] == form


@pytest.mark.parametrize("text", ["", "the coin is ready to go", "see you at 10", "+25% and $100 more", "🚀🚀"])
def test_other_texts_name_no_coin_surely(text: str) -> None:
    assert not [s for s, f in forms(pa.array([text]))[0] if f >= Form.SAID]
