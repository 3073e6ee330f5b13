from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.model import host_of
from ingest.text import canonical_link, extract, hashtag, ticker

ANY = st.text(st.characters(), max_size=60)  # lone surrogates too
HOSTS = st.sampled_from(["a.example", "Bücher.example", "xn--bcher-kva.example", "[::1]", "1.2.3.4", "a", "ÄÖ.例え"])
TAILS = st.text(st.sampled_from(list("ab/.%25eE?&=#!;:@\\ä€🚀\u200b +~utm_")), max_size=40)
URLS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "HTTPS://", "https:///", "www.", ""]),
    HOSTS,
    st.sampled_from(["", "/", ":80/", ":443", "?"]),
    TAILS,
)
PIECES = st.sampled_from(
    [
        "$",
        "＄",
        "#",
        "BTC",
        "btc",
        "ВТС",
        "1000",
        "1M",
        "PEPE",
        "USDT",
        "PERP",
        "TUSD",
        ".",
        "-",
        "_",
        "/",
        "@",
        " ",
        "\u200b",
        "买",
        "ß",
        "İ",
        "ͅ",
        "ﬀ",
        "😀",
        "A",
        "b.example",
    ]
)
SOUPS = st.lists(PIECES, max_size=12).map("".join)


@pytest.mark.parametrize("canonical", [canonical_link, ticker, hashtag])
@given(text=ANY | SOUPS | URLS)
@example(text="Ùß")
def test_canonical_forms_are_their_own_and_nothing_raises(canonical: Callable[[str], str | None], text: str) -> None:
    once = canonical(text)
    if once is not None:
        assert once
        assert canonical(once) == once


@given(url=URLS)
@example(url="https://a.example//../x")
@example(url="http://[::ffff:1.2.3.4]/")
def test_a_canonical_link_has_a_host_and_plain_characters(url: str) -> None:
    link = canonical_link(url)
    if link is not None:
        assert link.startswith("https://")
        assert link.isascii()
        assert not set(link) & set(' \\"<>\n')
        assert host_of(link)


@given(st.lists(st.none() | st.text(max_size=60) | SOUPS | URLS, max_size=8))
def test_whatever_is_extracted_is_canonical_sorted_and_distinct(texts: list[str | None]) -> None:
    found = extract(pa.array([t for t in texts if t is None or t.isprintable()], pa.string()))
    for column, canonical in zip(found, (ticker, canonical_link, hashtag), strict=True):
        for values in column.to_pylist():
            assert values == sorted(set(values))
            assert all(canonical(v) == v for v in values)


@given(SOUPS)
def test_characters_of_no_width_change_no_ticker(text: str) -> None:
    broken = "\u200b".join(text)
    if "@" not in text and "ww." not in text:
        assert extract(pa.array([broken])).tickers == extract(pa.array([text.replace("\u200b", "")])).tickers
