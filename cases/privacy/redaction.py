"""Personal data in texts: found, named by kind, and replaced.

Handles, addresses of wallets, e-mail addresses, phone numbers, IP addresses and device ids. What only may be one is
taken for one: a text with a gap is better than a person exposed. Characters that hide (zero-width, full-width,
bidirectional) hide nothing from it. Names of people that are mere words are not found: they have no form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cases.privacy import forms


class Kind(StrEnum):
    """What a piece of a text is."""

    HANDLE = "handle"
    WALLET = "wallet"
    EMAIL = "e-mail"
    PHONE = "phone"
    IP = "IP address"
    DEVICE = "device id"
    NAMED = "account of the case"


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of a text that is personal.

    Parameters
    ----------
    kind : Kind
    start, end : int
        Where it stands in the text, the end not included.
    text : str
        As it stands there.
    """

    kind: Kind
    start: int
    end: int
    text: str


def detect(text: str, known: Iterable[str] = ()) -> list[Found]:
    """Personal data in a text, in its order, without overlaps.

    Parameters
    ----------
    known : iterable of str
        Names that are personal whatever they look like: ids and handles of the accounts of a case.
    """
    folded, places = _folded(text)
    spans = [(Kind.NAMED, start, end) for start, end in _named(folded, known)]
    spans += [(Kind(kind), start, end) for kind, start, end in forms.find(folded)]
    taken: list[Found] = []
    last = -1
    for kind, start, end in sorted(spans, key=lambda s: (s[1], s[0] != Kind.NAMED, -s[2])):
        if start >= last:
            begin, stop = places[start], places[end - 1] + 1
            taken.append(Found(kind, begin, stop, text[begin:stop]))
            last = end
        elif end > last and taken:  # overlaps what begins before it: both go
            taken[-1] = Found(taken[-1].kind, taken[-1].start, places[end - 1] + 1, "")
            last = end
    return [Found(f.kind, f.start, f.end, text[f.start : f.end]) for f in taken]


def redact(text: str, names: Mapping[str, str] | None = None) -> str:
    """A text without its personal data: each piece as its kind in brackets, a known name as what stands for it.

    Parameters
    ----------
    names : mapping of str to str or None
        What stands for names that are known, such as a pseudonym for an account.
    """
    told = {_fold(name): shown for name, shown in (names or {}).items()}
    out: list[str] = []
    at = 0
    for found in detect(text, (names or {}).keys()):
        shown = told.get(_fold(found.text)) or told.get(_fold(found.text).removeprefix("@")) or f"[{found.kind}]"
        out += [text[at : found.start], shown]
        at = found.end
    return "".join([*out, text[at:]])


def described(found: Iterable[Found]) -> str:
    """What was found, by kind and place, without saying it again: ``2 handles, 1 wallet (characters 14, 30, 52)``."""
    pieces = list(found)
    kinds = {kind: sum(f.kind is kind for f in pieces) for kind in Kind}
    told = ", ".join(f"{n} × {kind}" for kind, n in kinds.items() if n)
    return f"{told} (at character {', '.join(str(f.start + 1) for f in pieces)})"


def _folded(text: str) -> tuple[str, list[int]]:
    """The text with compatible forms made plain and hiding characters left out, and where each character stands."""
    out: list[str] = []
    places: list[int] = []
    for i, char in enumerate(text):
        if unicodedata.category(char) in {"Cf", "Cc"} and char not in "\n\t\r":
            continue
        for plain in unicodedata.normalize("NFKC", char):
            out.append(plain)
            places.append(i)
    return "".join(out), places


def _fold(text: str) -> str:
    return _folded(text)[0].casefold()


def _named(folded: str, known: Iterable[str]) -> list[tuple[int, int]]:
    pattern = _pattern(frozenset(known))
    return [] if pattern is None else [m.span() for m in pattern.finditer(folded)]


@lru_cache(maxsize=64)
def _pattern(known: frozenset[str]) -> re.Pattern[str] | None:
    """Any of the names as a word of its own, the longest first; None where there are none."""
    plain = sorted({p for name in known if len(p := _folded(name)[0].strip()) > 1}, key=lambda p: (-len(p), p))
    if not plain:
        return None
    return re.compile(rf"(?<![\w])@?(?:{'|'.join(map(re.escape, plain))})(?![\w])", re.IGNORECASE)
