"""Tickers and hashtags: what a reader sees, not which code points were typed.

A ticker is a symbol in upper case without its dollar sign. These are one ticker, BTC: ``$BTC``, ``$btc``, ``＄ＢＴＣ``,
the same in Cyrillic letters that look alike or with characters of no width in between, ``$BTCUSDT``, ``BTC-PERP``,
``BTC.X``. Contracts on a multiple of a coin are the coin: ``1000PEPE`` is PEPE. A share class, or the exchange where a
share of that name is listed, is part of its symbol: ``BRK-B`` and ``BRK.B`` are ``BRK.B``, ``TD.TO`` is not ``TD``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_SYMBOL = 20  # characters
MAX_HASHTAG = 139  # characters

QUOTES = ("USDT", "USDC", "BUSD", "FDUSD", "PERP", "USD")
"""What a market's name ends in after its coin; taken off where a coin is left."""

STABLE = frozenset(
    "BUSD TUSD FDUSD PYUSD GUSD SUSD LUSD CUSD CEUSD EUSD CRVUSD RLUSD FRXUSD OUSD DUSD MUSD HUSD AUSD ZUSD GHUSD"  # noqa: SIM905 - words read best as words
    " MKUSD DOLAUSD SCRVUSD XUSD YUSD USD1 IUSD RUSD NUSD VUSD BEUSD MIMUSD APXUSD AVUSD SUPERP HYPERP".split()
)
"""Coins whose own name ends like a market's."""

AMOUNTS = frozenset(
    "USD USDT USDC BUSD EUR GBP CAD AUD NZD SGD HKD CHF JPY CNY RMB INR KRW TRY BRL NGN PHP IDR VND RUB UAH AED ZAR MXN"  # noqa: SIM905 - words read best as words
    " BN MN MM BIL MIL MLN TRN MILLION BILLION TRILLION ILLION ILLIONS ONTH ONTHS INUTE INUTES BPS BIT"
    " KM KG MG ML CM MW KW GW KWH MWH MAH MHZ GHZ HZ MB GB TB RPM MPH KPH PPM PCS KGS LBS TH ST ND RD AM PM"
    " OFF EACH PER DAY DAYS HRS HOURS MIN MINS SEC SECS WEEK WEEKS YEAR YEARS TIMES PLUS PEOPLE USERS FANS".split()
)
"""What follows a number when it is an amount and not a contract: ``$1000USD``, ``1000KWH``, ``1MILLION``."""

NUMERIC = frozenset({"0X0", "1INCH", "3ULL", "5IRE"})
"""Coins whose symbol begins with a digit; every other ``$`` and digit is a price."""

CONTRACT = r"1(?:0{3,6}|M)"  # 1000PEPE, 10000LADYS, 1MBABYDOGE: a contract on that many coins
_MULTIPLE = re.compile(rf"{CONTRACT}(?=[^\W\d_]{{2}})")
_PAIR = re.compile(
    r"([^\W_]+)(?:/[A-Z0-9]{2,6}(?::[A-Z]{3,5})?|[-_](?:USDT?|USDC|BUSD|FDUSD|PERP|EUR|BTC|ETH|SWAP)\b.*|\.[XP])"
)
_CLASS = re.compile(
    r"([A-Z]{1,6})(?:-([A-C])|\.([A-Z]{1,2})|_F)"
)  # share classes; other exchanges, TD.TO; futures, ES_F

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e01ef"
)
"""Characters that show nothing: no width, direction marks, variation selectors, tags."""

_INVISIBLE = re.compile(f"[{INVISIBLE}]+")


class _Folding(dict[int, str]):
    """``str.translate`` table, filled as characters occur: styled letters, digits and signs to the plain ones."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = char
        if 0x1F150 <= code <= 0x1F169 or 0x1F170 <= code <= 0x1F189:  # letters on a black disc or square
            plain = chr(ord("A") + (code - 0x1F150) % 32)
        elif unicodedata.category(char) == "Nd":
            plain = str(unicodedata.digit(char))
        else:
            normal = unicodedata.normalize("NFKC", char)
            if len(normal) == 1 and not normal.isdigit():  # "²" and "™" are no part of a word
                plain = normal
        self[code] = plain
        return plain


_FOLDING = _Folding({ord("💲"): "$"})
_MARKS = re.compile("[\u0300-\u036f\u20d0-\u20f0]+")


def visible(text: str) -> str:
    """The text without characters that show nothing."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def fold(text: str) -> str:
    """The text with styled letters, digits and signs as plain ones."""
    return text if text.isascii() else text.translate(_FOLDING)


def ticker(raw: str) -> str | None:
    """The symbol that a person, a column or a market's name means; None where it is none.

    Parameters
    ----------
    raw : str
        With or without ``$``; a pair (``BTC/USDT``, ``BTC-USD``, ``BTCUSDT``) means what is bought.
    """
    return _ticker(raw) if len(raw) <= 4 * MAX_SYMBOL else None


def hashtag(raw: str) -> str | None:
    """The tag without ``#``, NFKC and case folded; None where nothing but digits and punctuation is left."""
    return _hashtag(raw) if len(raw) <= 4 * MAX_HASHTAG else None


@lru_cache(maxsize=65_536)
def _ticker(raw: str) -> str | None:
    text = fold(visible(raw)).strip().lstrip("$")
    symbol = text.upper() if text.isascii() else _seen(text)
    while True:
        shorter = _coin(symbol)
        if shorter == symbol:
            break
        symbol = shorter
    share = _CLASS.fullmatch(symbol)
    name = share[1] if share else symbol
    is_word = all(c.isalnum() or unicodedata.category(c).startswith("M") for c in name)
    return symbol if is_word and len(symbol) <= MAX_SYMBOL and any(c.isalpha() for c in name) else None


def _coin(symbol: str) -> str:
    """One step from a market's or contract's name towards the coin."""
    if symbol in STABLE or symbol in NUMERIC:
        return symbol
    if pair := _PAIR.fullmatch(symbol):
        return pair[1]
    if share := _CLASS.fullmatch(symbol):
        suffix = share[2] or share[3]
        return f"{share[1]}.{suffix}" if suffix else symbol
    for quote in QUOTES:
        rest = symbol.removesuffix(quote)
        # One letter before USD is a stable coin (TUSD); before the others it is a coin (W, S, T).
        if rest != symbol and len(rest) > (quote == "USD") and not rest.isdigit():
            return rest
    multiple = _MULTIPLE.match(symbol)
    return symbol[multiple.end() :] if multiple else symbol


def _seen(text: str) -> str:
    """Upper case; as Latin letters where every character looks like one."""
    while (seen := _seen_once(text)) != text:  # upper case can bring a new twin: "ß" becomes "SS"
        text = seen
    return text


def _seen_once(text: str) -> str:
    latin = [_latin(c) for c in _MARKS.sub("", unicodedata.normalize("NFKD", text))]
    if all(latin):
        return "".join(c for c in latin if c).upper()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())


@lru_cache(maxsize=4096)
def _latin(char: str) -> str | None:
    """The ASCII character that this one looks like."""
    if char.isascii():
        return char
    from confusable_homoglyphs.confusables import confusables_data

    for shape in (char, char.upper()):  # "в" has no Latin twin; "В" has
        twins = [h["c"] for h in confusables_data.get(shape, ()) if h["c"].isascii() and h["c"].isalpha()]
        if twins:  # I and l are each other's twins: one of the same case first
            return str(min(twins, key=lambda c: (c.isupper() != shape.isupper(), c)))
    return None


@lru_cache(maxsize=65_536)
def _hashtag(raw: str) -> str | None:
    text = visible(raw)
    while (folded := unicodedata.normalize("NFKC", text).casefold()) != text:
        text = folded
    text = text.strip().lstrip("#")
    if not text or len(text) > MAX_HASHTAG or any(c.isspace() or unicodedata.category(c)[0] == "C" for c in text):
        return None
    return text if any(unicodedata.category(c)[0] in "LMS" for c in text) else None
