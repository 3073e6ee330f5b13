"""Languages and scripts of accounts, so that it can be asked who is flagged wrongly."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache

from graph.store import View

POSTS = 5  # texts of an account that are looked at
LETTERS = 200  # of each
UNKNOWN = "unknown"
_KANA = frozenset(("hiragana", "katakana"))


@dataclass(frozen=True)
class People:
    """The accounts of a view.

    Attributes
    ----------
    names : list of str
        Scoped keys of those that have a profile or a post, sorted.
    language, script : dict
        By key; absent: not known.
    """

    names: list[str]
    language: dict[str, str] = field(default_factory=dict)
    script: dict[str, str] = field(default_factory=dict)


def people(view: View) -> People:
    """Accounts with their language (of the profile, else of most of their posts) and script (of most of their letters).

    An account's script is that of its first few texts, or of its handle where it has none.
    """
    language: dict[str, str] = {}
    handles: dict[str, str] = {}
    names: set[str] = set()
    for batch in view.scan("accounts", columns=["account", "handle", "lang"]):
        for account, handle, lang in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            names.add(account)
            if lang:
                language[account] = primary(lang)
            if handle:
                handles[account] = handle
    spoken: dict[str, Counter[str]] = defaultdict(Counter)
    texts: dict[str, list[str]] = defaultdict(list)
    for batch in view.scan("posts", columns=["account", "lang", "text"]):
        for account, lang, text in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            names.add(account)
            if lang and account not in language:
                spoken[account][primary(lang)] += 1
            if text and len(texts[account]) < POSTS:
                texts[account].append(text[:LETTERS])
    language |= {a: min(c, key=lambda word: (-c[word], word)) for a, c in spoken.items()}
    found = {a: s for a in names if (s := script(" ".join(texts.get(a, ())) or handles.get(a, "")))}
    return People(sorted(names), language, found)


def primary(tag: str) -> str:
    """A language tag's language: ``en`` of ``en-GB``."""
    return tag.replace("_", "-").split("-")[0].casefold()


def script(text: str) -> str | None:
    """The script of most letters of a text, links and mentions left out; None for no letters.

    Kana makes a text Japanese whatever its ideographs; Han alone says no more than *han*.
    """
    words = [w for w in text.split() if not w.startswith(("@", "$", "#", "http://", "https://"))]
    counts = Counter(_script(c) for word in words for c in word if c.isalpha())
    kana = sum(counts[name] for name in _KANA)
    if kana:
        counts = counts + Counter(japanese=kana + counts["han"])
        for name in (*_KANA, "han"):
            counts.pop(name, None)
    return min(counts, key=lambda name: (-counts[name], name)) if counts else None


@cache
def _script(letter: str) -> str:
    """By the letter's name in Unicode, which begins with its script's."""
    first = unicodedata.name(letter, UNKNOWN).split()[0].casefold()
    return {"cjk": "han", "fullwidth": "latin", "halfwidth": "katakana", "mathematical": "latin"}.get(first, first)
