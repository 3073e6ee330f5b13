"""Text that strangers wrote, made safe to look at.

Characters that hide or reorder text (bidirectional controls, zero-width characters, tag characters, other controls) are
replaced by a visible ``⟨U+202E⟩``, so that what an analyst reads is what is there. Joiners stay where a script or an
emoji needs them. The result is still data: it is shown by components that do not interpret it, never as markup.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby

_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # take room or none, and show nothing
_JOINERS = frozenset("\u200c\u200d")
_MAX_MARKS = 4  # combining marks on one letter; more is used to draw over neighbouring lines
_JOINING = frozenset(  # first word of the Unicode names of letters that joiners act on
    {"ARABIC", "SYRIAC", "NKO", "MONGOLIAN", "TIBETAN", "KHMER", "MYANMAR", "SINHALA", "DEVANAGARI", "BENGALI"}
    | {"GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM"}
)


def visible(text: str, limit: int | None = None) -> str:
    """The text with every hidden character shown.

    Parameters
    ----------
    limit : int, optional
        Characters of the text to keep; what was cut is counted at the end.
    """
    cut = "" if limit is None or len(text) <= limit else f"… (+{len(text) - limit:,} characters)"
    kept = text if limit is None else text[:limit]
    marked = [_shown(kept, i) for i in range(len(kept))]
    return "".join(_run(list(run)) for _, run in groupby(marked)) + cut


def one_line(text: str, limit: int | None = None) -> str:
    """:func:`visible`, with line breaks and runs of white space as single spaces."""
    return visible(" ".join(text.split()), limit)


def _shown(text: str, i: int) -> str:
    char = text[i]
    category = unicodedata.category(char)
    if char in "\n\t" or (char in _JOINERS and _joins(text, i)):
        return char
    hides = (
        category in {"Cf", "Cc", "Co", "Cs", "Zl", "Zp"} or char in _BLANK_LETTERS or 0xE0100 <= ord(char) <= 0xE01EF
    )
    if hides:
        return f"⟨U+{ord(char):04X}⟩"
    if category in {"Mn", "Me"} and i >= _MAX_MARKS and all(_is_mark(c) for c in text[i - _MAX_MARKS : i]):
        return "⟨marks⟩"
    return char


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me"}


def _joins(text: str, i: int) -> bool:
    """Whether the joiner at i stands between two characters that it has work to do on."""
    return 0 < i < len(text) - 1 and _takes_joiner(text[i - 1]) and _takes_joiner(text[i + 1])


def _takes_joiner(char: str) -> bool:
    if char == "\ufe0f" or unicodedata.category(char) in {"So", "Sk"}:  # emoji, their style and skin tones
        return True
    return unicodedata.name(char, "").partition(" ")[0] in _JOINING


def _run(run: list[str]) -> str:
    """Equal neighbours; a marker repeated is written once, with its count."""
    if len(run) > 1 and len(run[0]) > 1:
        return f"{run[0][:-1]} ×{len(run)}⟩"
    return "".join(run)
