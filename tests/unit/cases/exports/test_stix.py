"""A case as a STIX 2.1 bundle: parsed strictly, whole in itself, careful, with the same ids each time."""

from __future__ import annotations

import json
import re
import socket
import uuid
from dataclasses import replace
from typing import Any, cast

import pytest
import stix2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cases.drafts import Action, Measure
from cases.exports import disarm, stix
from cases.exports.base import Material, content_of
from cases.lifecycles import Outcome
from cases.people import Actor, Kind
from cases.privacy.tlp import Tlp
from cases.roles import Role
from graph.errors import CaseError, NotPermitted
from tests import casework, exporting, flagged

SUGGESTED = ("T0049", "T0049.005")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is looked up, and nothing is connected to."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("STIX needs no network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def objects(told: Material, techniques: str = "none") -> dict[str, list[dict[str, Any]]]:
    """The bundle's objects by their type, after the library has read them strictly."""
    made = exporting.made(stix.EXPORT, replace(told, answers={"techniques": techniques}))
    read = stix2.parse(made.decode(), allow_custom=False, version="2.1")
    assert read["type"] == "bundle"
    found: dict[str, list[dict[str, Any]]] = {}
    for each in json.loads(made)["objects"]:
        found.setdefault(each["type"], []).append(each)
    return found


def test_it_holds_what_the_case_does(told: Material) -> None:
    found = objects(told, "T0049")
    assert {kind: len(each) for kind, each in found.items()} == {
        "marking-definition": 1,
        "campaign": 1,
        "user-account": 7,
        "url": 1,
        "attack-pattern": 1,
        "relationship": 9,
        "note": 1,
        "report": 1,
    }
    (campaign,), (report,), (url,) = found["campaign"], found["report"], found["url"]
    assert (campaign["first_seen"], campaign["last_seen"]) == ("2026-03-03T14:00:00Z", "2026-03-04T15:00:28Z")
    assert url["value"] == flagged.LINK
    named = {o["id"] for kind, each in found.items() for o in each if kind not in {"marking-definition", "report"}}
    assert set(report["object_refs"]) == named


def test_every_reference_is_in_the_bundle_and_marked(told: Material) -> None:
    found = objects(told, ",".join(SUGGESTED))
    every = [o for each in found.values() for o in each]
    ids = {o["id"] for o in every}
    assert len(ids) == len(every)
    refs = {r for o in every for name in ("object_refs", "object_marking_refs") for r in o.get(name, [])}
    refs |= {o[name] for o in found["relationship"] for name in ("source_ref", "target_ref")}
    assert refs <= ids
    assert all(
        o["object_marking_refs"] == [stix.TLP_MARKS[Tlp.AMBER]] for o in every if o["type"] != "marking-definition"
    )


@pytest.mark.parametrize(
    ("tlp", "name", "value", "mark"),
    [
        ("CLEAR", "TLP:CLEAR", "clear", "94868c89-83c2-464b-929b-a1a8aa3c8487"),
        ("GREEN", "TLP:GREEN", "green", "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"),
        ("AMBER", "TLP:AMBER", "amber", "55d920b0-5e8b-4f79-9ee9-91f868d9b421"),
        ("AMBER+STRICT", "TLP:AMBER+STRICT", "amber+strict", "939a9414-2ddd-4d32-a0cd-375ea402b003"),
        ("RED", "TLP:RED", "red", "e828b379-4e03-4974-9ac4-e53a884c97c1"),
    ],
)
def test_marks_are_the_official_ones_of_tlp_2(told: Material, tlp: str, name: str, value: str, mark: str) -> None:
    marked = replace(told, file=replace(told.file, case=cast("Any", {**told.file.case, "tlp": tlp})))
    (definition,) = objects(marked)["marking-definition"]
    assert definition == {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{mark}",
        "created": "2022-10-01T00:00:00.000Z",
        "name": name,
        "extensions": {
            "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                "extension_type": "property-extension",
                "tlp_2_0": value,
            }
        },
    }


def test_nobody_is_named_for_membership_alone(told: Material) -> None:
    found = objects(told)
    assert {o["user_id"] for o in found["user-account"]} == {a.partition(":")[2] for a in flagged.ACCOUNTS[:-1]}
    assert {o["account_type"] for o in found["user-account"]} == {"twitter"}
    about = [r["description"] for r in found["relationship"] if r["target_ref"].startswith("user-account")]
    assert all(re.match(r"Evidence against the account itself: E1@[0-9a-f]{12}\.", d) for d in about)


def test_texts_name_no_account(told: Material) -> None:
    held = exporting.snapshot()
    held["finding"] |= {
        "summary": f"x:107, alias @moon_7 and a@b.example, {flagged.ACCOUNTS[-1]}",
        "limits": ["moon_7"],
    }
    whole = json.dumps(objects(exporting.holding(told, held)))
    for name in ("x:107", "moon_7", "a@b.example"):
        assert name not in whole


def test_ids_are_the_same_each_time_and_others_in_another_case(told: Material) -> None:
    first = {o["id"] for each in objects(told, "T0049").values() for o in each}
    later = {
        o["id"] for each in objects(replace(told, now=told.now.replace(year=2027)), "T0049").values() for o in each
    }
    assert first == later
    assert all(uuid.UUID(i.partition("--")[2]).version in {4, 5} for i in first)
    other = replace(told, file=replace(told.file, case=cast("Any", {**told.file.case, "id": "another"})))
    shared = first & {o["id"] for each in objects(other, "T0049").values() for o in each}
    assert {i.partition("--")[0] for i in shared} == {"marking-definition", "user-account", "url", "attack-pattern"}


def test_the_same_case_gives_the_same_bytes(told: Material) -> None:
    said = replace(told, answers={"techniques": "T0049"})
    assert stix.make(said) == stix.make(said)


def test_accounts_of_two_platforms_are_two(told: Material) -> None:
    subjects = tuple({"account": a, "own_evidence": True, "role": ""} for a in ("x:1", "local:1", "lens:1", "bare"))
    found = objects(replace(told, file=replace(told.file, subjects=cast("Any", subjects))))
    assert sorted((o.get("account_type", ""), o["user_id"]) for o in found["user-account"]) == [
        ("", "bare"),
        ("lens", "1"),
        ("local", "1"),
        ("twitter", "1"),
    ]


def decided(told: Material, outcome: Outcome, *accounts: str) -> Material:
    draft = casework.draft(
        outcome=outcome, actions=tuple(Action(Measure.SUSPEND_ACCOUNT, a, a) for a in accounts or flagged.ACCOUNTS[:-1])
    )
    decision = cast("Any", {"hash": "cd" * 32, "at": told.now})
    return replace(told, file=replace(told.file, decision=decision, draft=draft))


@pytest.mark.parametrize(
    ("outcome", "confidence", "words"),
    [(None, 15, "Nobody decided yet."), (Outcome.VIOLATION_CONFIRMED, 50, "People decided on it.")],
)
def test_confidence_is_careful(told: Material, outcome: Outcome | None, confidence: int, words: str) -> None:
    found = objects(told if outcome is None else decided(told, outcome), "T0049")
    assert {o["confidence"] for each in found.values() for o in each if "confidence" in o} == {confidence}
    (note,) = found["note"]
    assert note["abstract"] == "Flagged is not guilty"
    assert words in note["content"]
    assert "a campaign that explains the posts: excluded" in note["content"]
    assert "tickers of more than 10,000 posts were not swept" in note["content"]
    assert next(iter(told.snapshots)) in note["content"]
    assert "not guilty" in found["report"][0]["description"]
    assert "not guilty" in found["campaign"][0]["description"]


def test_an_open_appeal_lowers_it_again(told: Material) -> None:
    file = decided(told, Outcome.VIOLATION_CONFIRMED).file
    for resolved, confidence in ((None, 15), (told.now, 50)):
        appeal = cast("Any", {"resolved_at": resolved, "appellant": "x:100"})
        found = objects(replace(told, file=replace(file, appeals=(appeal,))))
        assert found["report"][0]["confidence"] == confidence
        assert ("An appeal against the decision is open." in found["note"][0]["content"]) is (resolved is None)


def test_once_decided_only_those_that_it_is_decided_about_are_named(told: Material) -> None:
    found = objects(decided(told, Outcome.VIOLATION_PARTIAL, "x:100", "x:107"))
    assert [o["user_id"] for o in found["user-account"]] == ["100"], "x:107 has no evidence of its own"


@pytest.mark.parametrize("outcome", [Outcome.NO_VIOLATION, Outcome.INCONCLUSIVE, Outcome.DUPLICATE])
def test_what_was_decided_to_be_none_is_not_passed_on(told: Material, outcome: Outcome) -> None:
    with pytest.raises(CaseError, match="there is nothing to pass on"):
        objects(decided(told, outcome))


def test_a_person_confirms_techniques_or_drops_them(told: Material) -> None:
    assert tuple(stix.points_to(told)) == SUGGESTED
    none = objects(told)
    assert "attack-pattern" not in none
    assert f"which nobody confirmed: {', '.join(SUGGESTED)}" in none["note"][0]["content"]
    some = objects(told, "T0049.005, T0049")
    assert [o["external_references"][0] for o in some["attack-pattern"]] == [
        {
            "source_name": "DISARM",
            "external_id": t,
            "url": f"https://github.com/DISARMFoundation/DISARMframeworks/blob/main/generated_pages/techniques/{t}.md",
            "description": "DISARM Red framework 1.6",
        }
        for t in ("T0049", "T0049.005")
    ]
    uses = [r for r in some["relationship"] if r["relationship_type"] == "uses"]
    assert [r["target_ref"] for r in uses] == [o["id"] for o in some["attack-pattern"]]
    assert all("A person confirmed it" in r["description"] and "E1@" in r["description"] for r in uses)


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("T0137.006", "nothing in the evidence points to T0137.006"),
        ("T0049, T0150.001", "nothing in the evidence points to T0150.001"),
        ("T0090", "none of the choices"),
        ("", "techniques is not answered"),
    ],
)
def test_a_technique_that_nothing_points_to_is_refused(told: Material, answer: str, wrong: str) -> None:
    with pytest.raises(CaseError, match=re.escape(wrong)):
        objects(told, answer)


def test_a_program_confirms_none(told: Material) -> None:
    program = Actor("bot", frozenset(Role), Kind.SERVICE)
    with pytest.raises(NotPermitted, match="confirms no technique"):
        objects(replace(told, actor=program))


def test_nothing_is_made_of_nothing_nor_of_the_market_track(told: Material, market: Material) -> None:
    with pytest.raises(CaseError, match="no snapshot holds a finding"):
        objects(exporting.holding(told))
    with pytest.raises(CaseError, match="platform track alone"):
        content_of(stix.EXPORT, replace(market, answers={"techniques": "none"}))


@settings(max_examples=30)
@given(st.text(min_size=1))
@example("javascript:alert(1)")
@example("\ud7ff\u202e\x00\x1b[2J")
@example('"}],"x":[{"type":"indicator"')
def test_hostile_texts_are_texts(told: Material, text: str) -> None:
    found = objects(exporting.holding(told, exporting.hostile(text)), "T0084.001")
    assert set(found) == {
        "marking-definition", "campaign", "user-account", "url", "attack-pattern", "relationship", "note", "report",
    }  # fmt: skip
    for url in found["url"]:
        assert url["value"].startswith(("http://", "https://"))
        assert url["value"].isascii()
        assert url["value"].isprintable()


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://moon.example/a?b=c#d%20e", "https://moon.example/a?b=c#d%20e"),
        ("https://moon.example/ü\u202e", "https://moon.example/%C3%BC%E2%80%AE"),
        ("javascript:alert(1)", None),
        ("ftp://moon.example/", None),
        ("https://", None),
        ("http://[::1", None),
        ("an opaque id", None),
    ],
)
def test_addresses_are_addresses(told: Material, link: str, kept: str | None) -> None:
    held = exporting.snapshot()
    held["finding"]["links"] = [link]
    found = objects(exporting.holding(told, held))
    assert [u["value"] for u in found.get("url", [])] == ([] if kept is None else [kept])


def test_the_table_of_techniques_is_of_one_version() -> None:
    assert all(re.fullmatch(r"T0\d{3}(\.\d{3})?", t) for t in disarm.TECHNIQUES)
    assert {p.technique for p in disarm.POINTERS} == set(disarm.TECHNIQUES)
    assert not {"T0090", "T0105"} & {t.partition(".")[0] for t in disarm.TECHNIQUES}
    assert all(re.compile(p.measure) for p in disarm.POINTERS)


@pytest.mark.parametrize(
    ("kind", "measure", "points"),
    [
        ("shilling_cluster", "posting $XYZ within 60 s of each other", ["T0049", "T0049.005"]),
        ("shilling_cluster", "of 48 own texts, those of a template that another member uses", ["T0049", "T0084.001"]),
        ("coordinated_pump", "price of XYZ", ["T0049", "T0137.006"]),
        ("pump_call", "calls", ["T0049"]),
        ("market_anomaly", "price of XYZ", []),
        ("sybil_ring", "accounts on one device that no other account used", ["T0092", "T0129.001"]),
        ("sybil_ring", "accounts created within 41 minutes", ["T0092", "T0150.008"]),
        ("shilling_cluster", "of 9 members, those made in the month before it began or later", ["T0049", "T0150.001"]),
        ("sybil_ring", "accounts with handles from one template", ["T0092", "T0150.008"]),
        ("another_kind", "within 60 s of each other", []),
    ],
)
def test_what_points_to_a_technique(kind: str, measure: str, points: list[str]) -> None:
    assert disarm.suggested([(kind, measure, "E1")]) == {t: ["E1"] for t in points}
