"""A referral in the fields of a STOR: complete or NA with a reason, a breach that a person chose, sent to nobody."""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cases.caseload import Track
from cases.exports import base, stor, stor_fields
from cases.exports.base import Material
from cases.exports.stor_fields import BREACHES, FIELDS, is_lei, malformed
from cases.people import Actor, Kind
from cases.privacy.tlp import Tlp
from cases.referrals import Breach
from cases.roles import Role
from graph.errors import CaseError, NotPermitted
from tests import exporting, flagged

ANSWERS = {
    "entity": "Example Exchange AG, LEI 5493001KJTIIGC8Y1R12",
    "breach": "undisclosed_opinion",
    "reasons": "They recommended what they hold.",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def fields(told: Material, **answers: str) -> dict[str, dict[str, Any]]:
    """Every field by its number, as the file has it."""
    with zipfile.ZipFile(io.BytesIO(exporting.made(stor.EXPORT, replace(told, answers=ANSWERS | answers)))) as kept:
        read = json.loads(kept.read("stor.json"))
    return {f["number"]: f for section in read["sections"] for f in section["fields"]}


def test_the_annex_is_whole() -> None:
    count = {s: sum(f.section == s for f in FIELDS) for s in stor_fields.SECTIONS}
    assert count == {1: 8, 2: 5, 3: 2, 4: 7, 5: 8}
    assert all(f.mandatory is (f.section <= 4) for f in FIELDS)
    assert len({f.number for f in FIELDS}) == len(FIELDS)
    assert set(BREACHES) == set(Breach)
    assert all(f.absent for f in FIELDS)


def test_every_field_is_answered_or_says_why_not(market: Material) -> None:
    read = fields(market)
    assert set(read) == {f.number for f in FIELDS}
    for field in read.values():
        assert field["value"]
        assert field["value"] != "NA" or field["reason"], field
    empty = fields(exporting.holding(market))
    assert all(f["value"] != "NA" or f["reason"] for f in empty.values())
    assert {n for n, f in empty.items() if f["value"] != "NA"} == {"1.3", "3.1", "3.2", "4.5", "5.6"}


def test_what_the_snapshots_hold_is_filled_in(market: Material) -> None:
    read = fields(market)
    (sha,) = market.snapshots
    short = sha[:12]
    assert read["2.1"]["value"] == "Ticker as posted: XYZ\nPair: XYZ/USDT"
    assert read["2.2"]["value"] == "eth"
    assert read["2.3"]["value"] == "example"
    assert "transfers from one wallet: 2 transfers, expected 0.1 [E3@" in read["2.5"]["value"]
    assert read["2.5"]["from"] == [f"E{n}@{short}" for n in (1, 2, 3)]
    own = flagged.ACCOUNTS[:-1]
    assert read["4.5"]["value"].splitlines() == [*(f"Account: {a}" for a in own), f"Wallet: {exporting.WALLET}"]
    assert exporting.TX in read["5.7"]["value"]
    assert {read[n]["by"] for n in ("2.1", "2.2", "2.3", "2.5", "4.5", "5.6", "5.7")} == {"case"}


def test_nobody_is_named_for_membership_alone(market: Material) -> None:
    whole = json.dumps(fields(market))
    assert flagged.ACCOUNTS[-1] not in whole
    assert "Further accounts in the case: 1." in whole


def test_times_are_iso_8601_in_utc(market: Material) -> None:
    read = fields(market)
    for number in ("2.5", "3.2", "5.7"):
        assert TIME.search(read[number]["value"])
    loose = re.compile(r"\d{4}-\d\d-\d\d(?!T\d\d:\d\d:\d\dZ)")
    assert not loose.search(json.dumps([f["value"] for f in read.values()]))


def test_a_person_chooses_the_breach(market: Material) -> None:
    for breach, words in BREACHES.items():
        told = fields(market, breach=breach)["3.1"]
        assert (told["value"], told["by"]) == (words, "person")
    assert "breach" not in json.dumps(dict(market.snapshots)), "and no detector has one"


@pytest.mark.parametrize("kind", [Kind.SERVICE, Kind.SYSTEM])
def test_a_program_chooses_none(market: Material, kind: Kind) -> None:
    program = Actor("bot", frozenset(Role), kind)
    with pytest.raises(NotPermitted, match="chooses no breach"):
        exporting.made(stor.EXPORT, replace(market, answers=ANSWERS, actor=program))


@pytest.mark.parametrize("missing", ["entity", "breach", "reasons"])
def test_what_only_a_person_can_say_is_asked(market: Material, missing: str) -> None:
    given_ = {k: v for k, v in ANSWERS.items() if k != missing}
    with pytest.raises(CaseError, match=f"{missing} is not answered"):
        exporting.made(stor.EXPORT, replace(market, answers=given_))
    with pytest.raises(CaseError, match=f"not answered: {missing}"):
        stor.draft(replace(market, answers=given_))


@pytest.mark.parametrize("breach", ["pump", "shilling_cluster"])
def test_a_detectors_word_is_no_breach(market: Material, breach: str) -> None:
    for step in (lambda told: exporting.made(stor.EXPORT, told), stor.draft):
        with pytest.raises(CaseError, match="none of the"):
            step(replace(market, answers=ANSWERS | {"breach": breach}))


def test_a_case_of_the_platforms_rules_is_not_referred(told: Material) -> None:
    for step in (lambda material: base.content_of(stor.EXPORT, material), stor.draft):
        with pytest.raises(CaseError, match="market track"):
            step(replace(told, answers=ANSWERS))
    assert stor.EXPORT.track is Track.MARKET
    assert stor.EXPORT.audience is Tlp.RED


def test_an_answer_stands_before_what_the_case_has(market: Material) -> None:
    read = fields(market, asset="Example Coin, DTI X9J9K872S, pair with USDT", person="NA: not asked for yet")
    assert read["2.1"]["value"].splitlines()[0] == "Example Coin, DTI X9J9K872S, pair with USDT"
    assert read["2.1"]["by"] == "person and case"
    assert (read["4.1"]["value"], read["4.1"]["reason"], read["4.1"]["by"]) == ("NA", "not asked for yet", "person")


@pytest.mark.parametrize("bare", ["NA", "na", "N/A", "NA:", "NA: "])
def test_na_needs_its_reason(market: Material, bare: str) -> None:
    with pytest.raises(CaseError, match="write why behind 'NA:'"):
        fields(market, person=bare)


@pytest.mark.parametrize(
    ("name", "answer", "wrong"),
    [
        ("entity", "Example AG, LEI 5493001KJTIIGC8Y1R13", "is no LEI"),
        ("entity", "Example AG (LEI: short)", "is no LEI"),
        ("venue", "Example, MIC EXAMPLE", "is no MIC"),
        ("asset", "Example, DTI AEIOU1234", "is no DTI"),
        ("country", "Austria", "two capital letters"),
        ("country", "Austria (at)", "two capital letters"),
        ("country", "Austria (AT), Malta", ""),
        ("venue", "Example (MIC: XWBO).", ""),
        ("asset", "Example, DTI: X9J9K872S; token", ""),
        ("entity", "Example AG (LEI 5493001KJTIIGC8Y1R12).", ""),
        ("entity", "Example AG", ""),
        ("venue", "Example, MIC unknown", ""),
    ],
)
def test_codes_are_checked(market: Material, name: str, answer: str, wrong: str) -> None:
    assert wrong in malformed(name, answer)
    assert bool(malformed(name, answer)) is bool(wrong)
    if wrong:
        with pytest.raises(CaseError, match=wrong):
            fields(market, **{name: answer})


@given(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), st.integers(0, 19))
def test_an_lei_with_one_character_changed_is_none(char: str, place: int) -> None:
    lei = "5493001KJTIIGC8Y1R12"
    changed = lei[:place] + char + lei[place + 1 :]
    assert is_lei(changed) is (changed == lei)


def test_it_says_that_nothing_is_sent(market: Material) -> None:
    with zipfile.ZipFile(io.BytesIO(exporting.made(stor.EXPORT, replace(market, answers=ANSWERS)))) as kept:
        for name in ("stor.json", "stor.html"):
            text = kept.read(name).decode()
            assert "Lockstep sends it to nobody" in text
            assert "or that an alert was raised" in text
            assert "TLP:AMBER" in text


def test_there_is_nothing_that_could_send_it() -> None:
    for module in (stor, stor_fields):
        tree = ast.parse(Path(str(module.__file__)).read_text())
        imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        imported |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert not {i for i in imported if re.search(r"outbound|outbox|http|socket|urllib|smtp|webhook", i)}


class Tags(HTMLParser):
    """Which elements and attributes a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}


@settings(max_examples=40)
@given(st.text(min_size=1).filter(str.strip))
@example("<script>fetch('//evil.example')</script>")
@example('"><img src=//evil.example onerror=alert(1)>')
def test_hostile_texts_are_texts(market: Material, text: str) -> None:
    held = exporting.holding(market, exporting.hostile(text))
    with zipfile.ZipFile(io.BytesIO(stor.make(replace(held, answers=ANSWERS | {"issuer": f"x {text}"})))) as kept:
        page = Tags()
        page.feed(kept.read("stor.html").decode())
        json.loads(kept.read("stor.json"))
    assert page.found <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "p",
        "h1",
        "h2",
        "table",
        "tr",
        "th",
        "td",
        "div",
    }
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class", "scope"}


def test_the_same_case_gives_the_same_bytes(market: Material) -> None:
    told = replace(market, answers=ANSWERS)
    assert stor.make(told) == stor.make(told)
