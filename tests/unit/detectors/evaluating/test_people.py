"""An account's language and script follow from what it says of itself and what it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.evaluating.people import people, primary, script
from graph.store import open_store
from tests.stores import at, put


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("to the moon", "latin"),
        ("ｆｕｌｌ width", "latin"),
        ("на луну btc", "cyrillic"),
        ("月に行こう", "japanese"),
        ("去月球", "han"),
        ("달까지", "hangul"),
        ("إلى القمر", "arabic"),
        ("चाँद तक", "devanagari"),
        ("$BTC #HODL @anna https://x.example/abc 100 🚀", None),
        ("", None),
    ],
)
def test_scripts(text: str, found: str | None) -> None:
    assert script(text) == found


def test_a_tag_names_a_language() -> None:
    assert [primary(t) for t in ("en", "en-GB", "pt_BR", "ZH-Hant")] == ["en", "en", "pt", "zh"]


def test_profiles_speak_first_then_posts_then_handles(tmp_path: Path) -> None:
    posts = [
        {"post": f"x:{i}", "account": f"x:{who}", "created_at": at(i), "kind": "post", "text": text, "lang": lang}
        for i, (who, text, lang) in enumerate(
            [("a", "hello", "en"), ("b", "привет", "ru"), ("b", "hello", "en"), ("b", "да да да да", "ru")]
        )
    ]
    with open_store("memory://", tmp_path) as store:
        put(store, "accounts", {"account": "x:a", "lang": "de-AT"}, {"account": "x:c", "handle": "ルナ"})
        put(store, "posts", *({**p, "tickers": [], "links": [], "hashtags": []} for p in posts))
        with store.view() as view:
            found = people(view)
    assert found.names == ["x:a", "x:b", "x:c"]
    assert found.language == {"x:a": "de", "x:b": "ru"}
    assert found.script == {"x:a": "latin", "x:b": "cyrillic", "x:c": "japanese"}
