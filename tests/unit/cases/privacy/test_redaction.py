"""Personal data in texts: what is taken for it and what is not, and that nothing of it is left."""

from __future__ import annotations

import itertools
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.privacy.redaction import Found, Kind, described, detect, redact

ETHER = "0x52908400098527886E0F7030069857D2E4169EE7"
PERSONAL = {
    Kind.HANDLE: (
        "@alice",
        "@moon_boy99",
        "@a.b-c",
        "@anna@mastodon.social",
        "@Ωmega",
        "＠alice",
        "@al\u200bice",
        "x:44196397",
        "telegram:pumpgroup",
        "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
        "https://x.com/alice",
        "t.me/pumpgroup",
        "https://www.instagram.com/alice.b",
        "bsky.app/profile/alice.example.org",
        "u/some_redditor",
        "alice#1234",
        "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6",
    ),
    Kind.WALLET: (
        ETHER,
        ETHER.lower(),
        "0x" + "ab" * 32,
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297",
        "ltc1qg42tkwuuxefutzxezdkdel39gfstuap288mfea",
        "LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1",
        "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L",
        "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
        "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8",
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU",
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
        "addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x",
        "cosmos1vlthgax23ca9syk7xgaz347xmf4nunefw3cnv8",
        "EQDtFpEwcFAEcRe5mLVh2N6C0x-_hJEM7W61_JLnSF74p4q2",
        "GDQP2KPQGKIHYJGXNUIYOMHARUARCA7DJT5FO2FFOOKY3B2WSQHG4W37",
        "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
        "vitalik.eth",
        "toly.sol",
    ),
    Kind.EMAIL: (
        "alice@example.org",
        "a.b+c@mail.example.co.uk",
        "alice [at] example [dot] org",
        "alice(at)example.org",
        "alice at example dot com",
        "ALICE@EXAMPLE.ORG",
    ),
    Kind.PHONE: (
        "+49 30 901820",
        "+1 (415) 555-2671",
        "+44 20 7946 0958",
        "0049 30 901820",
        "(030) 9018 2012",
        "030 9018 2012",
        "415-555-2671",
        "tel: 901 820 77",
        "whatsapp 0176 1234567",
    ),
    Kind.IP: ("192.0.2.17", "10.0.0.0/8", "2001:db8::8a2e:370:7334", "::1", "fe80::1%eth0", "2001:db8::/32"),
    Kind.DEVICE: (
        "6d92078a-8246-4ba4-ae5b-76104861e7dc",
        "6D92078A-8246-4BA4-AE5B-76104861E7DC",
        "00:1a:2b:3c:4d:5e",
        "00-1A-2B-3C-4D-5E",
        "490154203237518",
        "49-015420-323751-8",
        "device id: 9774d56d682e549c",
        "android_id=9774d56d682e549c",
    ),
}
NOT_PERSONAL = (
    "Three accounts posted the same text within a minute, 37 times in six days.",
    "9 accounts posted $XYZ within 60 s of each other 37 times (expected 1.4; FDR 1 %).",
    "The price rose 38 % from 14:00:03 to 14:02:51 on 21x median volume.",
    "Between 2026-03-02 09:00:00 and 2026-03-08T21:15:00Z (UTC).",
    "$1000PEPE at 0.00001234 USDT, volume 12,345,678.90",
    "number 005278283 of the list",
    "1,234,567 views; 3.14159; 1e-9; 2/3",
    "lockstep 1.12.4, detector version 3.2",
    "version 1.2.3.4 of the policy",
    "terms 4.2, section 17(3)(b) of Regulation (EU) 2022/2065",
    "snapshot " + "ab12" * 16,
    "commit 1fdd101a9f4b2c3d4e5f60718293a4b5c6d7e8f9",
    "see https://example.org/terms#promotion for what is forbidden",
    "posts @ 5 USD each, meet @ noon",
    "std::vector and a :: b",
    "#giveaway #ad #BTC",
    "case abcdefgh2345, decision mnpqrstuv678",
    "Supercalifragilisticexpialidociousness is a word",
    "THISISALLINCAPITALLETTERSANDHASNODIGITS",
    "call option at 50, strike 60",
    "room 101, floor 7, 1984",
    "two of the 14 accounts were created within 41 minutes on 3 March",
    "2026-11-25 2026-11-26 2026-11-27",
    "10.000.000 EUR and 1.234.567,89",
    "ISO 8601, RFC 4180, ISBN 978-3-16-148410-0",
)
ABOUT = {"device", "android_id", "whatsapp", "instagram", "profile"}  # words beside it that say nothing of anybody
CASES = [(kind, text) for kind, texts in PERSONAL.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), CASES, ids=lambda v: str(v)[:30])
def test_what_is_personal_is_found_and_goes(kind: Kind, text: str) -> None:
    for around in ("{}", "paid to {}.", "({})", "see {}, twice", "„{}“"):
        told = around.format(text)
        found = detect(told)
        assert kind in {f.kind for f in found}, told
        assert all(told[f.start : f.end] == f.text for f in found)
        left = redact(told)
        assert not [piece for piece in re.findall(r"\w{6,}", text) if piece in left and piece not in ABOUT]
        assert detect(left) == []


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_what_is_not_stays(text: str) -> None:
    assert detect(text) == []
    assert redact(text) == text


@given(st.lists(st.sampled_from([*(t for _, t in CASES), *NOT_PERSONAL]), max_size=6))
def test_nothing_personal_is_left_whatever_stands_beside_it(pieces: list[str]) -> None:
    text = " \n ".join(pieces)
    left = redact(text)
    assert detect(left) == []
    for piece in set(pieces) & set(NOT_PERSONAL):
        assert piece in left


@given(st.text(max_size=200))
def test_any_text_is_read_and_what_is_redacted_stays_so(text: str) -> None:
    found = detect(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert all(f.text == text[f.start : f.end] and f.text for f in found)
    once = redact(text)
    assert redact(once) == once


@given(st.text(string.ascii_letters + string.digits + "/:_-", min_size=3, max_size=20), st.text(" .,;()", max_size=3))
def test_a_known_name_becomes_what_stands_for_it(name: str, mark: str) -> None:
    told = redact(f"first {mark} {name} {mark} then", {name: "account QRSTV"})
    assert "account QRSTV" in told
    assert name not in told or name in "account QRSTV first then"


def test_known_names_go_before_forms_and_the_longest_first() -> None:
    names = {"local/a1": "account B", "local/a12": "account C", "moonboy": "account D"}
    told = redact("local/a12 paid LOCAL/A1; @moonboy and @other; prelocal/a1x", names)
    assert told == "account C paid account B; account D and [handle]; prelocal/a1x"


def test_what_was_found_is_described_without_being_said_again() -> None:
    found = detect(f"mail alice@example.org or pay {ETHER} or {ETHER}")
    told = described(found)
    assert told == "2 × wallet, 1 × e-mail (at character 6, 31, 77)"
    assert "alice" not in told


def test_pieces_that_overlap_are_one() -> None:
    found = detect("https://t.me/alice@example.org")
    assert len(found) == 1
    assert isinstance(found[0], Found)
    assert redact("of u/abc@b.org too") == "of [handle] too"
