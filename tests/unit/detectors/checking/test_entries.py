"""What entries of a list may be meant as."""

from __future__ import annotations

import pytest

from detectors.checking.entries import LONGEST, Reading, entries, wallet
from ingest.links import canonical_link

HEX = "0x" + "aB" * 20
BASE58 = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU"


def read(text: str) -> dict[Reading, str]:
    """The readings of one line."""
    found = entries([(1, text)], canonical_link)
    return dict(found[0].readings) if found else {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Moon_Fan", {Reading.HANDLE: "moon_fan"}),
        ("＠moon\u200b_fan ", {Reading.HANDLE: "moon_fan"}),
        ("moonfan", {Reading.HANDLE: "moonfan", Reading.ID: "moonfan"}),
        ("x:44196397", {Reading.KEY: "x:44196397"}),
        (HEX, {Reading.WALLET: HEX.lower(), Reading.HANDLE: HEX.lower(), Reading.ID: HEX}),
        (f"eth:{HEX}", {Reading.WALLET: HEX.lower(), Reading.KEY: f"eth:{HEX}"}),
        (f"sol:{BASE58}", {Reading.WALLET: BASE58, Reading.KEY: f"sol:{BASE58}"}),
        ("https://X.com/Moon_Fan", {Reading.HANDLE: "moon_fan", Reading.LINK: "https://x.com/Moon_Fan"}),
        ("https://x.com/a/status/77?s=20", {Reading.POST: "77", Reading.LINK: "https://x.com/a/status/77"}),
        ("t.me/pumpers", {Reading.HANDLE: "pumpers", Reading.LINK: "https://t.me/pumpers"}),
        ("https://moon.example/presale?utm_source=x", {Reading.LINK: "https://moon.example/presale"}),
        ("alice.bsky.social", {
            Reading.HANDLE: "alice.bsky.social",
            Reading.ID: "alice.bsky.social",
            Reading.LINK: "https://alice.bsky.social/",
        }),
        ("two words", {}),
        ("#tag", {}),
        ("@", {}),
        ("a" * (LONGEST + 1), {}),
        ("https://", {}),
    ],
)  # fmt: skip
def test_readings(text: str, expected: dict[Reading, str]) -> None:
    assert read(text) == expected


def test_a_profile_on_a_strange_host_is_only_a_link() -> None:
    assert read("https://moon.example/moonfan") == {Reading.LINK: "https://moon.example/moonfan"}


def test_repeated_entries_are_one_and_empty_lines_none() -> None:
    found = entries([(1, "@a"), (2, "  "), (3, '"@a",'), (4, "@b")], canonical_link)
    assert [(e.text, e.lines) for e in found] == [("@a", (1, 3)), ("@b", (4,))]


def test_wallets_are_compared_without_chain_and_hexadecimal_case() -> None:
    assert wallet(f"bsc:{HEX}") == wallet(HEX.lower())
    assert wallet(BASE58) != wallet(BASE58.lower())
