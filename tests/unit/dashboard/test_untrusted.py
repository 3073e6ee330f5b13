"""What hides is shown; what people write stays as it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.untrusted import one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain $BTC <b>text</b>", "plain $BTC <b>text</b>"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("\u200b" * 7, "⟨U+200B ×7⟩"),
        ("a\u2066b\u2069c", "a⟨U+2066⟩b⟨U+2069⟩c"),
        ("x\ufeffy\u00ady", "x⟨U+FEFF⟩y⟨U+00AD⟩y"),
        ("nul\x00 esc\x1b", "nul⟨U+0000⟩ esc⟨U+001B⟩"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("vs\U000e0100", "vs⟨U+E0100⟩"),
        ("filler\u3164", "filler⟨U+3164⟩"),
        ("a\u200db", "a⟨U+200D⟩b"),
        ("\u200da\u200d", "⟨U+200D⟩a⟨U+200D⟩"),
        ("line\n\tindent", "line\n\tindent"),
    ],
)
def test_hidden_characters_are_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d💻",
        "👩🏽\u200d🚀",
        "❤\ufe0f\u200d🔥",
        "می\u200cخواهم",
        "क\u094d\u200dष",
        "naïve Nguyễn",
        "سلام",
        "a\u0301\u0302",
    ],
)
def test_what_scripts_and_emoji_need_stays(text: str) -> None:
    assert visible(text) == text


def test_piled_marks_are_cut_down() -> None:
    assert visible("e" + "\u0301" * 40 + "x") == "e" + "\u0301" * 4 + "⟨marks ×36⟩x"


def test_what_is_cut_is_counted() -> None:
    assert visible("a" * 2005, 1000) == "a" * 1000 + "… (+1,005 characters)"
    assert visible("abc", 3) == "abc"


def test_one_line() -> None:
    assert one_line(" a\r\n\tb \u200b c ") == "a b ⟨U+200B⟩ c"


@given(st.text(max_size=60))
def test_nothing_reorders_or_hides(text: str) -> None:
    shown = visible(text)
    left = [c for c in shown if unicodedata.category(c) in {"Cf", "Cc", "Zl", "Zp"} and c not in "\n\t\u200c\u200d"]
    assert not left
    assert visible(shown) == shown
