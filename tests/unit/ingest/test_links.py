from __future__ import annotations

import pytest

from ingest.links import MAX_LINK, canonical_link, take_links


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("https://example.org", "https://example.org/"),
        ("HTTP://Example.ORG/Path", "https://example.org/Path"),
        ("http://example.org:80/", "https://example.org/"),
        ("https://example.org:443/", "https://example.org/"),
        ("http://example.org:443/", "https://example.org/"),
        ("https://example.org:80/", "https://example.org:80/"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org:/a", "https://example.org/a"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://example.org/a#part", "https://example.org/a"),
        ("https://app.example/#/swap?to=0xAB", "https://app.example/#/swap?to=0xAB"),
        ("https://example.org/?utm_source=x&utm_medium=y&id=3&fbclid=z&gclid=q&ref_src=w", "https://example.org/?id=3"),
        ("https://example.org/?UTM_Source=x", "https://example.org/"),
        ("https://example.org/?b=2&a=1&b=1", "https://example.org/?a=1&b=2&b=1"),
        ("https://example.org/?a&&b=", "https://example.org/?a&b="),
        ("https://example.org/?ref=friend", "https://example.org/?ref=friend"),
        ("https://x.com/u/status/1?s=20&t=abc", "https://x.com/u/status/1"),
        ("https://example.org/?s=20", "https://example.org/?s=20"),
        ("https://www.youtube.com/watch?v=1&si=q", "https://www.youtube.com/watch?v=1"),
        ("https://example.org/%7euser/%41%2f%e4?q=%7E", "https://example.org/~user/A%2F%E4?q=~"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/ä b", "https://example.org/%C3%A4%20b"),
        ("https://example.org/a/./b/../c/..", "https://example.org/a/"),
        ("https://example.org/../..", "https://example.org/"),
        ("https://example.org//a//", "https://example.org//a//"),
        ("https://user:secret@example.org/", "https://example.org/"),
        ("https://bank.example@evil.example/", "https://evil.example/"),
        ("https://evil.example\\@bank.example/", "https://evil.example/@bank.example/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://раураl.example/", "https://xn--l-7sba6dbr.example/"),
        ("https://EXAMPLE。org/", "https://example.org/"),
        ("https://exa\u200bmple.org/a", "https://example.org/a"),
        (" https://example.org/\n", "https://example.org/"),
        ("https://t.co/AbC", "https://t.co/AbC"),
        ("www.example.org", "https://www.example.org/"),
        ("example.org/a?b=1", "https://example.org/a?b=1"),
        ("http://localhost:8080/", "https://localhost:8080/"),
        ("http://192.0.2.1/", "https://192.0.2.1/"),
        ("http://[2001:DB8:0::1]:8080/", "https://[2001:db8::1]:8080/"),
        ("https://a_b.example/", "https://a_b.example/"),
    ],
)
def test_canonical(raw: str, expected: str) -> None:
    assert canonical_link(raw) == expected
    assert canonical_link(expected) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "word",
        "bob@example.org",
        "ftp://example.org/",
        "javascript:alert(1)",
        "https://",
        "https://a..b/",
        "https://-a.example/",
        "https://exa mple.org/",
        "https://example.org:99999/",
        "https://example.org:999999999/",
        "https://example.org:x/",
        "https://[::1",
        "https://[zz]/",
        "https://999.1.1.1/",
        "https://3232235777/",
        "https://❤.example.\u0378/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
        f"https://example.org/{'a' * MAX_LINK}",
        f"https://example.org/{'ä' * MAX_LINK}",
        f"https://example.org/{'a' * 10_000_000}",
        "https://example.org/\ud800",
    ],
)
def test_what_is_no_web_address(raw: str) -> None:
    assert canonical_link(raw) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://a.example/x.", ["https://a.example/x"]),
        ("(https://a.example/x)", ["https://a.example/x"]),
        ("https://a.example/x_(y)", ["https://a.example/x_(y)"]),
        ("[text](https://a.example/x)!", ["https://a.example/x"]),
        ("“https://a.example/x”", ["https://a.example/x"]),
        ("<https://a.example/x>", ["https://a.example/x"]),
        ("看https://a.example/x。好", ["https://a.example/x"]),
        ("https://a.example/x，https://b.example", ["https://a.example/x", "https://b.example/"]),
        ("HTTPS://A.example", ["https://a.example/"]),
        ("Www.a.example, WWW.b.example", ["https://www.a.example/", "https://www.b.example/"]),
        ("cut https://t.co/ab…", []),
        ("xhttps://a.example ahttp://b.example", []),
        ("mail.www.a.example bob@www.a.example", []),
        ("https://", []),
        ("ftp://a.example", []),
        (f"https://a.example/{'a' * 10_000}", []),
        ("https://a.example/?u=https://b.example", ["https://a.example/?u=https://b.example"]),
    ],
)
def test_links_of_a_text(text: str, expected: list[str]) -> None:
    assert take_links(text)[0] == expected


def test_rest_of_the_text_keeps_no_url() -> None:
    links, rest = take_links("a https://a.example/$X, b www.b.example/#y c")
    assert links == ["https://a.example/$X", "https://www.b.example/"]
    assert rest.split() == ["a", "b", "c"]
