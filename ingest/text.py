"""Tickers, links and hashtags in the texts of posts.

Read as a person reads: a URL or e-mail address is one thing and not scanned further; ``$1.50``, ``$100``, ``$1k`` and
``$20M`` are prices; ``$A$AP``, ``US$`` and ``x$ETH`` are no tickers; what runs into an ellipsis (``$AM…``) was cut off,
and nobody knows what it was. In scripts without spaces between words
(``买$BTC``, ``$BTC를``) a symbol ends where the script changes.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pyarrow as pa

from ingest.links import canonical_link, take_links
from ingest.symbols import AMOUNTS, CONTRACT, NUMERIC, fold, hashtag, ticker, visible

__all__ = ["Extracted", "canonical_link", "extract", "hashtag", "ticker"]

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3100-\u318f\u31a0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
_MAIL = re.compile(r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]++@(?:[\w-]+\.)+[^\W\d_]{2,}")
_AT = re.compile(r"@(?<=[^\s@]@)[\w-]+\.")
_CONTRACT = re.compile(rf"{CONTRACT}([A-Z]+)")


class Extracted(NamedTuple):
    """Three list<string> arrays, one list a text: sorted, distinct, empty where there is nothing."""

    tickers: pa.Array
    links: pa.Array
    hashtags: pa.Array


@dataclass(frozen=True)
class _Patterns:
    """What the signs look like in one alphabet."""

    cash: re.Pattern[str]
    hash: re.Pattern[str]
    bare: re.Pattern[str]


@cache
def _patterns(*, ascii_only: bool) -> _Patterns:
    """Patterns that begin with a literal character, so that the search skips to it."""
    word, letter, before, other = r"A-Za-z0-9_", "[A-Za-z]", "", ""
    if not ascii_only:
        marks = "".join(chr(c) for c in range(0x300, 0x1E950) if unicodedata.category(chr(c))[0] == "M")
        word, letter, before = rf"\w{marks}", r"[^\W\d_]", rf"(?<=[{_UNSPACED}].)|"
        other = rf"[{_UNSPACED}{marks}]++|"
    inside = r"[A-Za-z0-9]" if ascii_only else rf"(?![{_UNSPACED}_])[{word}]"
    end = r"(?![A-Za-z0-9_$])" if ascii_only else rf"(?![{word}$…])|(?=[{_UNSPACED}])(?<![{_UNSPACED}])"
    numeric = "|".join(sorted(NUMERIC))
    cash = (
        rf"\$(?:{before}(?<![{word}$@].))\$*+({CONTRACT}[A-Z]{{2,}}+|(?i:{numeric})(?![{word}])|{other}"
        rf"(?={letter})(?:{inside})++(?:(?:[.-][A-Ca-c]|\.[A-Z]{{1,2}}|_[Ff])(?![{word}]))?(?:_(?i:USDT?|USDC|BUSD|PERP)(?![{word}]))?)(?:{end})"
    )
    bare = rf"1(?:{before}(?<![{word}$#@/.].))((?<=1)(?:0{{3,6}}|M)[A-Z]{{3,15}}+)(?![{word}@]|\.[A-Za-z])"
    tag = rf"#(?:{before}(?<![{word}&/#].))([{word}·・]++)(?!…)"
    return _Patterns(re.compile(cash, re.DOTALL), re.compile(tag, re.DOTALL), re.compile(bare, re.DOTALL))


def extract(texts: pa.Array) -> Extracted:
    """Find what posts are about.

    Parameters
    ----------
    texts : pa.Array of string
        Null reads as an empty text.

    Returns
    -------
    Extracted
        Arrays of the same length.
    """
    columns: tuple[list[str], ...] = ([], [], [])
    offsets: tuple[list[int], ...] = ([0], [0], [0])
    for text in texts.to_pylist():
        if text:
            for column, found in zip(columns, _scan(text), strict=True):
                if found:
                    column.extend(sorted(set(found)) if len(found) > 1 else found)
        for column, offset in zip(columns, offsets, strict=True):
            offset.append(len(column))
    return Extracted(
        *(
            pa.ListArray.from_arrays(pa.array(offset, pa.int32()), pa.array(column, pa.string()))
            for column, offset in zip(columns, offsets, strict=True)
        )
    )


def _scan(text: str) -> tuple[list[str], list[str], list[str]]:
    """Tickers, links and hashtags of one text, with repeats."""
    ascii_only = text.isascii()
    if not ascii_only:
        text = visible(text)
    links: list[str] = []
    if "://" in text or "ww." in text or "WW." in text:
        links, text = take_links(text)
    if not ascii_only:
        text = fold(text)
        ascii_only = text.isascii()
    if "@" in text and _AT.search(text):
        text = _MAIL.sub(" ", text)
    patterns = _patterns(ascii_only=ascii_only)
    tickers: list[str] = []
    if "$" in text:
        tickers = [t for raw in patterns.cash.findall(text) if (t := _cashtag(raw))]
    if "1000" in text or "1M" in text:
        tickers += [t for raw in patterns.bare.findall(text) if (t := _cashtag("1" + raw))]
    tags: list[str] = []
    if "#" in text:
        tags = [t for raw in patterns.hash.findall(text) if (t := hashtag(raw))]
    return tickers, links, tags


def _cashtag(raw: str) -> str | None:
    contract = _CONTRACT.fullmatch(raw)
    if contract and contract[1] in AMOUNTS:
        return None
    return ticker(raw)
