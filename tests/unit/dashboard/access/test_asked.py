"""Where a login leads: to a screen of this server, whatever the address asked for."""

from __future__ import annotations

import pytest

from dashboard.access.asked import Asked, address

SCREENS = ("", "findings", "investigate")


def test_a_screen_with_its_parameters() -> None:
    assert address("investigate", {"finding": "a&b", "view": ["1", "2"]}, SCREENS) == (
        "/investigate?finding=a%26b&view=1&view=2"
    )
    assert address("", {}, SCREENS) == "/"
    assert address("", {"finding": "x"}, SCREENS) == "/?finding=x"


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/evil.example", "https://evil.example", "\\\\evil.example", "findings/../x", "findings\r\nX: y",
     "javascript:alert(1)", "none", "findings?x", " findings", "@evil.example", "auth/logout", "oauth2callback"],
)  # fmt: skip
def test_what_is_no_screen_leads_to_the_first(path: str) -> None:
    assert address(path, {"x": "y"}, SCREENS) == "/"


@pytest.mark.parametrize("value", ["//evil.example", "\r\nLocation: //evil.example", "\0", "ü\u202e", '"><script>'])
def test_hostile_parameters_stay_parameters(value: str) -> None:
    to = address("findings", {"finding": value, value: "x"}, SCREENS)
    assert to.startswith("/findings?finding=")
    assert to.isascii()
    assert to.isprintable()
    assert not set(to) & set(' "<>\\')


def test_an_address_that_is_too_long_is_cut_to_its_screen() -> None:
    assert address("findings", {"view": "x" * 9_000}, SCREENS) == "/findings"


def test_an_address_is_taken_once_and_not_kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("dashboard.access.asked.time.monotonic", lambda: now)
    kept = Asked()
    kept.remember("a", "/findings")
    assert [kept.take("a"), kept.take("a"), kept.take("b")] == ["/findings", None, None]
    kept.remember("a", "/findings")
    now = 901.0
    assert kept.take("a") is None
    for i in range(2_001):
        kept.remember(str(i), "/")
    assert (kept.take("0"), kept.take("1")) == (None, "/")
