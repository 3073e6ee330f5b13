"""Similarity of texts and what follows from it, too plain to be wrong."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from itertools import combinations

from detectors.text import comparable
from tests.coactions import Event

SYLLABIC = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL SYLLABLE", "YI SYLLABLE", "BOPOMOFO", "KATAKANA-HIRAGANA")


def shingles(text: str) -> set[str]:
    """Runs of characters that weigh five, syllables and ideographs two; a text that is too light is one."""
    weight = [2 if unicodedata.name(c, "").startswith(SYLLABIC) else 1 for c in text]
    found = set()
    for i in range(len(text)):
        for j in range(i, len(text)):
            if sum(weight[i : j + 1]) >= 5:
                found.add(text[i : j + 1])
                break
    return found or {text} - {""}


def jaccard(one: str, other: str) -> float:
    """Similarity of two texts; 0 where both have no shingles."""
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b) if a | b else 0.0


def brute(texts: Sequence[str], threshold: float) -> dict[tuple[int, int], float]:
    """Every pair of similar texts, by comparing all with all."""
    sets = [shingles(t) for t in texts]
    found = {}
    for i, j in combinations(range(len(texts)), 2):
        common = len(sets[i] & sets[j])
        whole = len(sets[i]) + len(sets[j]) - common
        if common and common / whole >= threshold:
            found[i, j] = common / whole
    return found


def naive_similar(
    rows: Sequence[Event], window: float, known: Collection[frozenset[str]], *, loops: bool
) -> dict[tuple[str, str], dict[str, tuple[int, str]]]:
    """For each pair of accounts, the first's messages that met one of the second's, with their time and text."""
    met: dict[tuple[str, str], dict[str, tuple[int, str]]] = {}
    posts = [(u, comparable(text), round(t * 1e6), message) for u, text, t, message in rows]
    for u, text, t, message in posts:
        for v, other, s, partner in posts:
            alike = bool(text) and (text == other or frozenset((text, other)) in known)
            if alike and abs(t - s) <= round(window * 1e6) and message != partner and (loops or u != v):
                met.setdefault((u, v), {})[message] = (t, text)
    return met
