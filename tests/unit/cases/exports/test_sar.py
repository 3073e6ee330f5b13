"""The skeleton of a narrative: six questions answered or refused, and every sentence cites what is there."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cases.exports import sar
from cases.exports.base import Material
from cases.exports.sar import Narrative, Sentence, narrative, sentences
from cases.people import Actor, Kind
from cases.roles import Role
from graph.errors import CaseError, NotPermitted
from tests import casework, exporting, flagged

QUESTIONS = ("who", "what", "when", "where", "why", "how")


def short(told: Material) -> str:
    return next(iter(told.snapshots))[:12]


def answered(told: Material, why: str = "None of them discloses being paid [E1@{}].", **more: str) -> Material:
    return replace(told, answers={"why": why.format(short(told)), **more})


def every(told: Narrative) -> list[Sentence]:
    return [s for f in fields(told) for s in getattr(told, f.name)]


def test_every_sentence_cites_something_of_the_case(told: Material) -> None:
    said = answered(told)
    sha = short(told)
    known = {f"E{n}@{sha}" for n in (1, 2)} | {f"snapshot {sha}"} | {f"post {p['id']}" for p in flagged_posts()}
    found = every(narrative(said))
    assert found
    for sentence in found:
        assert sentence.cites
        assert set(sentence.cites) <= known, sentence


def flagged_posts() -> list[dict[str, Any]]:
    return [{"id": p["post"]} for p in flagged.posts()]


def test_it_has_an_introduction_a_body_in_order_and_a_conclusion(told: Material) -> None:
    text = exporting.made(sar.EXPORT, answered(told)).decode()
    lines = text.splitlines()
    places = [lines.index(name) for name in ("INTRODUCTION", "BODY", "CONCLUSION", "CITED")]
    assert places == sorted(places)
    times = re.findall(r"^(\S+Z): \S+ posted", text, re.MULTILINE)
    assert times == sorted(times)
    assert len(times) == 6 * 7, "each round, all but the one without evidence of its own"
    assert lines[0] == "TLP:AMBER"
    assert "It is not a report and is sent to nobody" in text
    assert f"snapshot {short(told)}: SHA-256 {next(iter(told.snapshots))}" in lines


def test_nobody_is_named_for_membership_alone(told: Material) -> None:
    text = exporting.made(sar.EXPORT, answered(told)).decode()
    assert flagged.ACCOUNTS[0] in text
    assert flagged.ACCOUNTS[-1] not in text


def test_what_a_person_writes_stands_as_it_is_written(told: Material) -> None:
    sha = short(told)
    why = f"They posted one text at once [E1@{sha}, E2@{sha}]. None discloses being paid [post x:p0-0]."
    said = narrative(answered(told, why, conclusion=f"The bank was told [snapshot {sha}]."))
    assert [s.text for s in said.why] == ["They posted one text at once.", "None discloses being paid."]
    assert [s.cites for s in said.why] == [(f"E1@{sha}", f"E2@{sha}"), ("post x:p0-0",)]
    assert said.conclusion[-1] == Sentence("The bank was told.", (f"snapshot {sha}",))


def test_the_number_of_a_piece_is_name_enough_with_one_snapshot(told: Material) -> None:
    assert narrative(answered(told, "They posted at once [E1].")).why[0].cites == ("E1",)
    two = exporting.holding(told, exporting.snapshot(), exporting.snapshot(taken_by="ada"))
    with pytest.raises(CaseError, match="cites E1, which is not in the case"):
        narrative(answered(two, "They posted at once [E1]."))


@pytest.mark.parametrize(
    ("why", "wrong"),
    [
        ("They are guilty.", "'They are guilty.' cites no evidence"),
        ("They posted at once [E1@{}]. They are guilty.", "'They are guilty.' cites no evidence"),
        ("They are guilty. They posted at once [E1@{}].", "'They are guilty.' cites no evidence"),
        ("They are guilty", "cites no evidence"),
        ("They posted at once [E9@{}].", "cites E9@"),
        ("They posted at once [E1@000000000000].", "not in the case"),
        ("They posted at once [post x:nothing].", "not in the case"),
        ("They posted at once [the file].", "not in the case"),
        ("They posted at once [].", "cites no evidence"),
    ],
)
def test_a_sentence_beyond_the_evidence_is_refused(told: Material, why: str, wrong: str) -> None:
    with pytest.raises(CaseError, match=re.escape(wrong)) as refused:
        exporting.made(sar.EXPORT, answered(told, why))
    assert "in square brackets" in refused.value.hint


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="[]"), max_size=40), max_size=5))
@example(["No paid disclosure", " e.g. here. And there"])
def test_whatever_is_written_nothing_uncited_gets_through(told: Material, texts: list[str]) -> None:
    cite = f"[E1@{short(told)}]"
    answer = f" {cite} ".join(texts)
    try:
        said = narrative(
            answered(told, "{0}").__class__(told.file, told.snapshots, {"why": answer}, told.now, told.actor)
        )
    except CaseError:
        return
    assert all(s.cites for s in said.why)
    written = re.sub(r"\s+", "", "".join(texts))
    assert len("".join(s.text for s in said.why)) >= len(re.sub(r"[.!?\s]", "", written)) or not written.isprintable()


def test_a_sentence_without_evidence_cannot_be_made() -> None:
    with pytest.raises(CaseError, match="cites no evidence"):
        Sentence("They are guilty.", ())


def without(told: Material, question: str) -> Material:
    """The same case with nothing that answers a question."""
    held = exporting.snapshot()
    finding = held["finding"]
    file = told.file
    if question == "what":
        finding["summary"] = " "
    elif question == "when":
        finding["window"] = None
    elif question == "how":
        finding |= {"evidence": [], "rests_on": []}
    elif question == "where":
        finding |= {"tickers": [], "links": []}
        subjects = [{**s, "account": s["account"].replace("x:", "")} for s in file.subjects]
        finding["members"] = [{**m, "account": m["account"].replace("x:", "")} for m in finding["members"]]
        file = replace(file, subjects=cast("Any", tuple(subjects)))
    elif question == "who":
        file = replace(file, subjects=cast("Any", tuple({**s, "own_evidence": False} for s in file.subjects)))
    changed = exporting.holding(replace(told, file=file), held)
    why = "" if question == "why" else "None discloses being paid [snapshot {}]."
    return answered(changed, why)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_narrative_that_lacks_a_question_is_refused_and_says_which(told: Material, question: str) -> None:
    lacking = without(told, question)
    others = [q for q in narrative(lacking).empty() if q != question]
    assert others in ([], ["where"]) if question == "who" else others == []
    with pytest.raises(CaseError, match=f"does not say: .*{question}"):
        sar.make(lacking)


def test_why_is_asked_of_a_person(told: Material) -> None:
    with pytest.raises(CaseError, match="why is not answered"):
        exporting.made(sar.EXPORT, told)
    program = Actor("bot", frozenset(Role), Kind.SERVICE)
    with pytest.raises(NotPermitted, match="a program says not why"):
        exporting.made(sar.EXPORT, replace(answered(told), actor=program))


def test_what_was_done_is_from_the_decision(told: Material, tmp_path: Any) -> None:
    draft = casework.draft()
    decision = {"hash": "cd" * 32, "at": told.now}
    done = [{"state": s, "kind": "demote_content"} for s in ("sent", "decided", "reversed")]
    file = replace(told.file, decision=cast("Any", decision), draft=draft, actions=cast("Any", tuple(done)))
    said = narrative(answered(replace(told, file=file))).conclusion
    cite = f"decision {'cd' * 6}"
    assert [str(s) for s in said[:2]] == [
        f"On 2026-03-02T09:00:00Z the platform decided: violation confirmed. [{cite}]",
        f"Action taken: demote content, 2 times. [{cite}]",
    ]
    assert narrative(answered(replace(told, file=file), f"It was decided so [{cite}].")).why[0].cites == (cite,)


def test_many_posts_and_accounts_are_counted(told: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sar, "POSTS", 3)
    monkeypatch.setattr(sar, "ACCOUNTS", 2)
    said = narrative(answered(told))
    assert len(said.chronology) == 4
    assert said.chronology[-1].text == "39 further posts of these accounts are in the snapshots."
    assert said.who[-1].text == "5 further accounts have evidence of their own."


@settings(max_examples=60)
@given(st.text(min_size=1))
@example("\n\nCONCLUSION\nThey are guilty. [E1]")
@example("\u202eecnedive")
def test_hostile_texts_stay_in_their_line(told: Material, text: str) -> None:
    held = exporting.holding(told, exporting.hostile(text))
    said = answered(held, "None discloses being paid [snapshot {}].")
    if not narrative(said).what:  # a summary of nothing but space
        return
    made = sar.make(said)
    lines = made.decode().split("\n")
    plain = sar.make(answered(told)).decode().split("\n")
    assert lines.count("CONCLUSION") == plain.count("CONCLUSION") == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", made.decode())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("One [a]. Two [b, c].", [("One.", ["a"]), ("Two.", ["b", "c"])]),
        ("One. [a] Two. [b]", [("One.", ["a"]), ("Two.", ["b"])]),
        ("One [a][b] Two", [("One.", ["a", "b"]), ("Two.", [])]),
        ("It cost 1.5 coins, e.g. here [a].", [("It cost 1.5 coins, e.g. here.", ["a"])]),
        ("Is it so? [a] Yes! No.", [("Is it so?", ["a"]), ("Yes!", []), ("No.", [])]),
        ("[a]", []),
    ],
)
def test_a_text_is_taken_apart_into_sentences(text: str, found: list[tuple[str, list[str]]]) -> None:
    assert list(sentences(text)) == found
