"""Which coins a text may name, and by which form: ``$ADX``, ``#ADX``, ``ADX/BTC``, "the coin is ADX", ``ADX`` alone.

Forms differ in what else must be known before they count (:mod:`detectors.announcing.naming`): ``$ADX`` and ``ADX/BTC``
say by themselves that ADX is a coin, ``SUB`` within a sentence does not. Letters set apart (``A-D-X``, ``A D X``),
styled letters and look-alikes of other scripts are read as the symbol that a reader sees. Text in pictures is not read.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from detectors.announcing.cues import EXCHANGES, LINKS, QUOTES, UNSEEN


class Form(enum.IntEnum):
    """How a symbol is written, the plainest first."""

    CAPS = 0  # in upper case within a text
    HASH = 1  # #ADX
    ALONE = 2  # the text is a few words at most
    SOLE = 3  # the text is nothing else
    SAID = 4  # after "the coin is"
    PAIR = 5  # ADX/BTC
    CASH = 6  # $ADX


SHORT = 3  # words that a text may have for each of them to stand alone
SHORT_TEXT = 80  # characters of such a text
LONGEST = 10  # characters of a symbol
_LIKE = "АВЕКМНОРСТХУІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"  # Cyrillic, then Greek
_LOOKS = str.maketrans(_LIKE, "ABEKMHOPCTXYIJSABEZHIKMNOPTYX")
_UPPER = re.compile(r"[A-Z0-9\u0370-\u03ff\u0400-\u04ff]{2,10}")
_LINK = re.compile(LINKS)
_PAIR = re.compile(
    rf"(?<![A-Za-z0-9])([A-Z0-9]{{2,10}}|(?<=/)[a-z0-9]{{2,10}})(?: ?/ ?|[_-])(?i:{QUOTES})(?![A-Za-z0-9])"
)
_JOINED = re.compile(r"(?<![A-Za-z0-9$#@/])([A-Z0-9]{2,8})(?:BTC|USDT)(?![A-Za-z0-9])")
_SIGN = re.compile(r"([$#]) ?([A-Za-z][A-Za-z0-9]{1,9})(?![A-Za-z0-9_])")
_CAPS = re.compile(r"(?<![A-Za-z0-9$#@/_.])([A-Z][A-Z0-9]{1,9})(?![A-Za-z0-9])")
_WORD = re.compile(r"[^\W_]+")
_APART = re.compile(r"(?<![^\W_])([A-Za-z0-9])(?:([ .*|•·_~+-]{1,3})[A-Za-z0-9])(?:\2[A-Za-z0-9]){0,6}(?![^\W_])")
_SAID = re.compile(
    r"(?:\b(?:coin|token|crypto|gem|pick|koin|coinimiz|moneda|moeda|monnaie|münze|монета|токен|coinnya|koinnya)"
    r"(?:[\W_]+(?:we|have|ve|picked|chosen|selected|to|pump|buy|for|today|of|the|day|week|month|this|now|name|our|it"
    r"|coin|january|february|march|april|may|june|july|august|september|october|november|december)\b)*"
    r"[\W_]*\b(?:is|are|will be|es|é|será|sera|est|ist|lautet|adı|это|adalah|yaitu|là)?(?![^\W_])"
    r"|(?:\bbuy|\bpump|\bit is|\bпокупаем|\bпампим|\bcompren|\bkauft|\bachetez|\bbeli|\bmua)\b"
    r"|币[是为名]|幣[是為名]|币种|幣種|代币|コインは|銘柄は|코인은|코인|العملة|कॉइन)"
    r"[^\w$#]{0,14}[$#]? ?([A-Za-z0-9]{2,10})(?![^\W_])",
    re.IGNORECASE,
)
_NAMED = (
    "(?i)coin|token|crypto|gem|pick|koin|moned|moeda|monnaie|münze|монета|токен|buy|pump|it is|покупаем|пампим|compren"
    "|kauft|achetez|beli|mua|币|幣|コイン|銘柄|코인|العملة|कॉइन"
)
_DROPPED = frozenset(f"{EXCHANGES}|{QUOTES}|coin|buy|net|com|io".split("|"))
_NO_UPPER = dict.fromkeys(range(65, 91))
_DIGITS = re.compile(r"\d+[a-z]?", re.IGNORECASE)


@dataclass(frozen=True)
class _Text:
    """One text, and which of the costlier patterns can be in it."""

    text: str
    pair: bool
    joined: bool
    said: bool
    alike: bool


def forms(texts: pa.Array) -> list[tuple[tuple[str, Form], ...]]:
    """Symbols that each text may name, each by its strongest form, sorted.

    Parameters
    ----------
    texts : pa.Array of string
        As published; no nulls.
    """
    plain = pc.replace_substring_regex(pc.utf8_normalize(texts, "NFKC"), UNSEEN, "")
    has = [
        pc.match_substring_regex(plain, pattern).to_pylist()
        for pattern in (
            rf"(?i)[a-z0-9](?: ?/ ?|[_-])(?:{QUOTES})",
            "[A-Z0-9](?:BTC|USDT)",
            _NAMED,
            f"[{_LIKE}]",
            rf"[A-Z$#{_LIKE}]|^[^\pL\pN]*[a-z0-9]{{2,{LONGEST}}}[^\pL\pN]*$",
        )
    ]
    return [
        _forms(_Text(text, *flags)) if some else () for text, *flags, some in zip(plain.to_pylist(), *has, strict=True)
    ]


def _forms(given: _Text) -> tuple[tuple[str, Form], ...]:
    text = _UPPER.sub(_latin, given.text) if given.alike else given.text
    found: dict[str, Form] = {}

    def add(raw: str, form: Form) -> None:
        symbol = raw.upper()
        if 2 <= len(symbol) <= LONGEST and symbol.isascii() and not _DIGITS.fullmatch(symbol):
            found[symbol] = max(form, found.get(symbol, form))

    for raw in _PAIR.findall(text) if given.pair else ():
        add(raw, Form.PAIR)
    if "/" in text:
        text = _LINK.sub(" ", text)
    for raw in _JOINED.findall(text) if given.joined else ():
        add(raw, Form.CAPS)
    for sign, raw in _SIGN.findall(text) if "$" in text or "#" in text else ():
        add(raw, Form.CASH if sign == "$" else Form.HASH)
    caps = _CAPS.findall(text)
    for raw in caps if caps and not _loud(text) else ():
        add(raw, Form.CAPS)
    for raw in filter(lambda r: r.isupper() or r.upper() in found, _SAID.findall(text) if given.said else ()):
        add(raw, Form.SAID)
    if len(text) <= SHORT_TEXT:
        _short(text, add)
    return tuple(sorted(found.items()))


def _short(text: str, add: Callable[[str, Form], None]) -> None:
    words = [w for w in _WORD.findall(text) if w.lower() not in _DROPPED]
    for word in words if len(words) <= SHORT else ():
        add(word, Form.ALONE if len(words) > 1 else Form.SOLE)
    _apart(text, add)


def _latin(match: re.Match[str]) -> str:
    plain = match[0].translate(_LOOKS)
    return plain if plain.isascii() else match[0]


def _apart(text: str, add: Callable[[str, Form], None]) -> None:
    """Letters with the same sign between them; a sentence has no four such words."""
    for match in _APART.finditer(text):
        letters = "".join(_WORD.findall(match[0]))
        if len(letters) >= 3 and letters.isupper():
            add(letters, Form.SOLE)


def _loud(text: str) -> bool:
    """Whether words in upper case are how all of it is written."""
    upper = len(text) - len(text.translate(_NO_UPPER))
    return upper > 12 and 2 * upper > sum(map(str.isalpha, text))
