"""What single posts say of a pump: countdowns, the coin's name, calls to hold or to get out.

Every cue is one RE2 pattern over all languages of :mod:`detectors.announcing.lexicon`, read once for each different
text. Which language a post is in is often not known, and calls mix them; so all are looked for in every text.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.announcing.lexicon import LEXICONS, alone, countdown, whole

Flags = npt.NDArray[np.bool_]

UNSEEN = (
    r"[\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}\x{200b}-\x{200f}\x{202a}-\x{202e}"
    r"\x{2060}-\x{206f}\x{3164}\x{fe00}-\x{fe0f}\x{feff}\x{ffa0}]+"
)
SIGNS = r"[\x{2100}-\x{214f}\x{24c2}\x{1f170}-\x{1f251}]"  # become letters where forms are made one: ℹ, ™
LINKS = r"(?:https?://|www\.|t\.me/)\S*"
EXCHANGES = (
    "binance|yobit|bittrex|kucoin|cryptopia|hotbit|poloniex|mexc|gate|okx|okex|huobi|bybit|bitmart|lbank|kraken"
    "|coinbase|uniswap|pancakeswap|raydium|coinexchange"
)
QUOTES = "btc|eth|usdt|usdc|busd|fdusd|usd|bnb|try|eur|krw|sol"

NAMES = (
    "countdown",  # so much time is left, or the next message names the coin
    "ready",  # calls to be there
    "event",  # a pump, call or signal is spoken of
    "naming",  # "the coin is"
    "buying",  # buy and hold, spread the word
    "exchange",  # where
    "targets",  # at which price to sell
    "rumour",  # hearsay
    "failing",  # what befalls the coin
    "leave",  # get out
)


@cache
def patterns() -> dict[str, str]:
    """The pattern of each cue, on texts as :func:`worded` has them."""

    def of(name: str) -> str:
        return "|".join(whole(getattr(lexicon, name), spaced=lexicon.spaced) for lexicon in LEXICONS.values())

    return {
        "countdown": "|".join(countdown(x) for x in LEXICONS.values()) + "|" + of("following"),
        "exchange": whole(EXCHANGES),
        **{n: of(n) for n in ("ready", "event", "naming", "buying", "rumour", "failing", "leave")},
    }


@cache
def by_line() -> dict[str, str]:
    """Patterns on folded texts, whose lines and signs still stand."""
    short = "|".join(alone(x) for x in LEXICONS.values())
    return {
        "countdown": rf"(?m:^[^\pL\pN%]*(?:{short})[^\pL\pN%]*$)",
        "targets": r"(?:targets?|tp|take[ -]?profits?|sell|цел[ьи]|objetivos?|alvos?|hedef|目标|目標)"
        r"\s*\d?\s*[:=–>-]+\s*\+?[\d.]+"
        r"|[\d.]+%\s*[|,/]\s*[\d.]+%",
    }


def folded(texts: pa.Array) -> pa.Array:
    """Compatibility forms made one, lower case, without what shows nothing and without links."""
    signs = pc.replace_substring_regex(texts, SIGNS, " ")
    plain = pc.replace_substring_regex(pc.utf8_normalize(signs, "NFKC"), UNSEEN, "")
    return pc.utf8_lower(pc.replace_substring_regex(plain, LINKS, " "))


def worded(low: pa.Array) -> pa.Array:
    """Folded texts as words, with one blank between them and at both ends."""
    return pc.replace_substring_regex(pc.binary_join_element_wise(" ", low, " ", ""), r"[^\pL\pN\pM%]+", " ")


def read(texts: pa.Array) -> dict[str, Flags]:
    """Which cues each text has.

    Parameters
    ----------
    texts : pa.Array of string
        No nulls.

    Returns
    -------
    dict of str to ndarray of bool, shape (n_texts,)
        By the names of :data:`NAMES`.
    """
    low = folded(texts)
    words = worded(low)
    found = {name: _has(words, pattern) for name, pattern in patterns().items()}
    for name, pattern in by_line().items():
        found[name] = found.get(name, False) | _has(low, pattern)
    return found


def _has(texts: pa.Array, pattern: str) -> Flags:
    found: Flags = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return found
