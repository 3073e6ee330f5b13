"""Records of decisions for the Commission: held against the reference's own rules, over decisions that are made up."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.drafts import AGAINST_ACCOUNTS, Action, Automated, Draft, Ground, Measure
from cases.exports import dsa_rules
from cases.exports.base import answered
from cases.exports.dsa_record import ASKS, EXPORT, make, personal, statements
from cases.exports.dsa_rules import CATEGORIES, EEA, KEYWORDS, OTHER, PAIRS, RULES, unordered, unpaired, wrong
from graph.errors import CaseError
from tests.casefiles import material
from tests.casework import ACCOUNTS, draft

REFERENCE = Path(__file__).parents[5] / "shared" / "reference" / "dsa_statement_of_reasons.json"
needs_reference = pytest.mark.skipif(
    not REFERENCE.exists() and not os.environ.get("CI"), reason="the reference lies beside the checkout"
)
ANSWERS = {
    "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "keywords": "KEYWORD_INAUTHENTIC_ACCOUNTS",
    "content_type": "CONTENT_TYPE_TEXT",
    "content_date": "2026-02-25",
    "source_type": "SOURCE_VOLUNTARY",
}
VALID: dict[str, Any] = {
    "decision_visibility": ["DECISION_VISIBILITY_CONTENT_DEMOTED"],
    "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    "incompatible_content_ground": "terms 4.2",
    "incompatible_content_explanation": "The terms forbid promotion that hides who is behind it.",
    "content_type": ["CONTENT_TYPE_TEXT"],
    "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "category_specification": ["KEYWORD_INAUTHENTIC_ACCOUNTS"],
    "content_date": "2026-02-25",
    "application_date": "2026-03-03",
    "decision_facts": "The same text was posted 37 times in six days.",
    "source_type": "SOURCE_VOLUNTARY",
    "automated_detection": "Yes",
    "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    "puid": "abcd23456789",
}


@cache
def reference() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(REFERENCE.read_text())
    return loaded


def oracle(record: Mapping[str, Any]) -> bool:
    """Whether the reference's rules, read as they are written there, take a record."""
    rules = reference()["rules"]
    return set(record) <= set(rules) and all(_takes(record, name, rule) for name, rule in rules.items())


def _takes(record: Mapping[str, Any], name: str, rule: Mapping[str, Any]) -> bool:  # noqa: PLR0911 - a refusal a rule
    there = name in record and record[name] is not None
    if name in record and record[name] is None and not rule.get("nullable"):
        return False
    if rule.get("required") and not there:
        return False
    others = rule.get("required_unless_any_of")
    if others and not there and not any(record.get(o) for o in others):
        return False
    condition = rule.get("required_iff") or rule.get("only_if") or ""
    if match := re.match(r"(\w+) (==|contains) (\w+)", condition):
        value = record.get(match[1])
        holds = value == match[3] if match[2] == "==" else match[3] in (value or ())
        if there and not holds:
            return False
        if holds and not there and "required_iff" in rule:
            return False
    if there and rule.get("excluded_if") and record.get("source_type") == "SOURCE_VOLUNTARY":
        return False
    return not there or _is_of(name, record[name], rule)


def _is_of(name: str, value: Any, rule: Mapping[str, Any]) -> bool:  # noqa: PLR0911 - a refusal a rule
    if rule.get("type") == "object":
        keys = rule["keys"]
        return isinstance(value, dict) and all(k in keys and re.search(keys[k], v) for k, v in value.items())
    if (rule.get("type") == "array") != isinstance(value, list) or not value:
        return False
    enums = reference()["enums"]
    allowed = enums.get(name)
    allowed = enums["category"] if allowed == "same as category" else allowed
    if name == "content_language":
        return bool(re.fullmatch("[A-Z]{2}", value))
    for one in value if isinstance(value, list) else [value]:
        if allowed is not None and one not in allowed:
            return False
        if len(one) > rule.get("max", len(one)) if isinstance(rule.get("max"), int) else False:
            return False
        if "pattern" in rule and not re.search(rule["pattern"].replace("9-_", "9_-"), one):
            return False
        if rule.get("url") and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", one):
            return False
        if rule.get("format") and not _day(one, rule):
            return False
    return True


def _day(text: str, rule: Mapping[str, Any]) -> bool:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10 and rule.get("min", "0001") <= day.isoformat() <= rule.get("max", "9999")


@needs_reference
def test_every_field_and_every_value_is_the_references() -> None:
    rules, enums = reference()["rules"], reference()["enums"]
    assert set(RULES) == set(rules)
    for name, values in enums.items():
        told = enums["category"] if values == "same as category" else values
        assert set(RULES[name].values) == set(told), name
    for name, rule in rules.items():
        assert RULES[name].many == (rule.get("type") == "array"), name
        assert RULES[name].required == bool(rule.get("required")), name
        assert RULES[name].nullable == bool(rule.get("nullable")), name
        assert RULES[name].longest == (rule["max"] if isinstance(rule.get("max"), int) else None), name
    assert reference()["batch_limit"] == dsa_rules.BATCH
    assert set(CATEGORIES) == set(enums["category"])


def _texts(name: str) -> st.SearchStrategy[Any]:
    """Values of a field, right ones and wrong ones."""
    rule = RULES[name]
    if rule.values:
        one: st.SearchStrategy[Any] = st.sampled_from([*rule.values, *rule.values, "NONE_OF_THEM"])
    elif rule.between:
        one = st.sampled_from(
            [
                "2026-02-28",
                "2026-02-30",
                "1999-12-31",
                "2038-01-01",
                "2038-01-02",
                "2020-01-01",
                "28.2.2026",
                "2026-2-1",
            ]
        )
    elif rule.keys:
        one = st.sampled_from([{"EAN-13": "4006381333931"}, {"EAN-13": "1"}, {"EAN": "4006381333931"}, "4006381333931"])
    elif rule.url:
        one = st.sampled_from(["https://example.org/terms", "http://a.b", "example.org", "ftp://example.org/x", "x y"])
    else:
        one = st.sampled_from(["abc-1_2", "a b", "x" * 500, "x" * 501, "x" * 2000, "x" * 2001, "x" * 5000, "x" * 5001])
    return st.one_of(st.lists(one, min_size=1, max_size=2, unique_by=str), one) if rule.many else one


@needs_reference
@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_record_is_taken_where_the_reference_takes_it(data: st.DataObject) -> None:
    record = dict(VALID)
    for name in data.draw(st.lists(st.sampled_from(sorted(RULES)), max_size=4, unique=True)):
        change = data.draw(st.sampled_from(["set", "set", "set", "drop"]))
        if change == "drop":
            record.pop(name, None)
        else:
            record[name] = data.draw(_texts(name))
    assert (wrong(record) == []) == oracle(record), wrong(record)


@needs_reference
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_record_with_all_its_conditions_is_taken_where_the_reference_takes_it(data: st.DataObject) -> None:
    """Each condition met, or broken in one place."""
    ground = data.draw(st.sampled_from(["illegal", "incompatible"]))
    record = {k: v for k, v in VALID.items() if not k.startswith("incompatible")}
    record["decision_ground"] = f"DECISION_GROUND_{ground.upper()}_CONTENT"
    record[f"{ground}_content_{'legal_ground' if ground == 'illegal' else 'ground'}"] = "x"
    record[f"{ground}_content_explanation"] = "x"
    for name in ("decision_visibility", "content_type"):
        record[name] = [*record[name], f"{name.upper()}_OTHER"]
        record[f"{name}_other"] = "x"
    record |= {"decision_monetary": "DECISION_MONETARY_OTHER", "decision_monetary_other": "x"}
    record |= {"source_type": data.draw(st.sampled_from(RULES["source_type"].values)), "source_identity": "x"}
    record |= {"incompatible_content_illegal": "No", "end_date_visibility_restriction": None}
    for name in data.draw(st.lists(st.sampled_from(sorted(record)), max_size=2, unique=True)):
        del record[name]
    assert (wrong(record) == []) == oracle(record), wrong(record)


MEASURES = st.sampled_from(list(Measure))
WORDS = st.text("abc xyz,.", min_size=1, max_size=60).filter(str.strip)


@st.composite
def decisions(draw: st.DrawFn) -> Draft:
    acts = []
    for account in ACCOUNTS[: draw(st.integers(1, 3))]:
        for measure in draw(st.lists(MEASURES, min_size=1, max_size=4, unique=True)):
            subject = account if measure in AGAINST_ACCOUNTS else f"{account}-post"
            until = draw(st.none() | st.dates(date(2026, 3, 3), date(2027, 3, 3)))
            acts.append(Action(measure, subject, account, until))
    return draft(
        facts=draw(st.one_of(WORDS, st.just("x" * 5001))),
        ground=draw(st.sampled_from(Ground)),
        reference=draw(st.one_of(WORDS, st.just("x" * 501))),
        explanation=draw(WORDS),
        actions=tuple(acts),
        automated_detection=draw(st.booleans()),
        automated_decision=draw(st.sampled_from(Automated)),
        scope=tuple(draw(st.lists(st.sampled_from([*EEA, "US", "CH"]), max_size=3, unique=True))),
    )


@st.composite
def said(draw: st.DrawFn) -> dict[str, str]:
    """Answers to the questions, each given or not."""
    found: dict[str, str] = {}
    for question in ASKS:
        if not question.required and draw(st.integers(0, 3)):
            continue
        if question.choices:
            several = draw(st.lists(st.sampled_from(question.choices), min_size=1, max_size=2, unique=True))
            found[question.name] = ", ".join(several if question.several else several[:1])
        else:
            found[question.name] = draw(st.sampled_from(["words", "2026-02-25", "https://example.org/terms"]))
    if draw(st.integers(0, 3)):  # as people answer who know what they do
        found |= {"category": ANSWERS["category"], "content_date": "2026-02-25", "service_extent": "partial"}
        found = {k: v for k, v in found.items() if k in {*ANSWERS, "service_extent"}} | {
            "keywords": ANSWERS["keywords"]
        }
        found["content_type"] = "CONTENT_TYPE_TEXT"
    return found


@needs_reference
@settings(max_examples=200, deadline=None)
@given(decisions(), said())
def test_what_is_made_of_a_decision_the_reference_takes(made: Draft, answers: dict[str, str]) -> None:
    try:
        found = statements(material(made, answered(EXPORT, answers)))
    except CaseError:
        return
    assert found
    for record in found:
        assert oracle(record), record
        assert unpaired(record) == unordered(record) == []
    assert len({r["puid"] for r in found}) == len(found)
    said_of = [
        *(f"{v}" for r in found for v in r.get("decision_visibility", ())),
        *(r[n] for r in found for n in ("decision_monetary", "decision_provision", "decision_account") if n in r),
    ]
    assert len(said_of) == len(made.actions)
    assert not any(account in str(found) for account in ACCOUNTS)


@given(decisions(), st.sampled_from(["@alice", "+49 30 901820", "a@b.org", "local/a1", "192.0.2.1"]))
def test_nothing_with_personal_data_is_made(made: Draft, secret: str) -> None:
    for name in ("facts", "reference", "explanation"):
        told = draft(facts="words", reference="terms", explanation="words", actions=made.actions)
        told = draft(
            **{
                **{f: getattr(told, f) for f in ("facts", "reference", "explanation", "actions")},
                name: f"of {secret} x",
            }
        )
        with pytest.raises(CaseError, match="has personal data") as refused:
            statements(material(told, {**ANSWERS, "service_extent": "total"}))
        assert secret not in str(refused.value)


def test_a_decision_as_it_is_told() -> None:
    posts = [{"id": f"post-of-{ACCOUNTS[0]}", "account": ACCOUNTS[0], "created_at": "2026-02-24T22:10:00.000000+00:00"}]
    told = make(material(draft(), ANSWERS, content={"ab": {"posts": posts}}))
    (body,) = [orjson.loads(line) for line in told.splitlines()]
    first, second, third = body["statements"]
    assert first == {**VALID, "content_date": "2026-02-24", "territorial_scope": list(EEA), "puid": "act000000000"} | {
        "decision_facts": draft().facts
    }
    assert [s["content_date"] for s in (second, third)] == ["2026-02-25", "2026-02-25"]
    assert told == make(material(draft(), ANSWERS, content={"ab": {"posts": posts}}))


def test_more_than_a_hundred_are_several_requests() -> None:
    acts = tuple(Action(Measure.REMOVE_CONTENT, f"post-{n}", ACCOUNTS[0]) for n in range(205))
    bodies = [orjson.loads(line) for line in make(material(draft(actions=acts), ANSWERS)).splitlines()]
    assert [len(b["statements"]) for b in bodies] == [100, 100, 5]
    assert len({s["puid"] for b in bodies for s in b["statements"]}) == 205


def test_a_subject_is_one_statement_unless_one_cannot_say_it() -> None:
    until = date(2026, 4, 1)
    acts = (
        Action(Measure.DEMOTE_CONTENT, "p1", ACCOUNTS[0], until),
        Action(Measure.LABEL_CONTENT, "p1", ACCOUNTS[0], until),
        Action(Measure.RESTRICT_INTERACTION, "p1", ACCOUNTS[0], until + timedelta(days=1)),
        Action(Measure.SUSPEND_ACCOUNT, ACCOUNTS[0], ACCOUNTS[0], until),
        Action(Measure.SUSPEND_MONETISATION, ACCOUNTS[0], ACCOUNTS[0]),
        Action(Measure.SUSPEND_SERVICE, ACCOUNTS[0], ACCOUNTS[0]),
    )
    found = statements(material(draft(actions=acts), {**ANSWERS, "service_extent": "partial"}))
    assert [sorted(k for k in s if k.startswith(("decision_", "end_"))) for s in found] == [
        sorted(
            [
                "decision_account",
                "decision_facts",
                "decision_ground",
                "decision_monetary",
                "decision_provision",
                "end_date_account_restriction",
            ]
        ),
        ["decision_facts", "decision_ground", "decision_visibility", "end_date_visibility_restriction"],
        ["decision_facts", "decision_ground", "decision_visibility", "end_date_visibility_restriction"],
    ]
    assert found[0]["decision_provision"] == "DECISION_PROVISION_PARTIAL_SUSPENSION"
    assert len(found[1]["decision_visibility"]) == 2


def test_what_was_taken_back_is_not_told() -> None:
    told = material(draft(), ANSWERS)
    for action in told.file.actions[:2]:
        action["state"] = "reversed"
    assert [s["puid"] for s in statements(told)] == ["act000000002"]


@pytest.mark.parametrize(
    ("told", "answers", "why"),
    [
        (None, {}, "no decision in force"),
        (draft(actions=()), {}, "no decision in force"),
        (draft(scope=("US",)), {}, "nowhere in the EEA"),
        (draft(measure=Measure.SUSPEND_SERVICE), {}, "service_extent is not answered"),
        (draft(), {"content_date": "2026-03-04"}, "content_date is after application_date"),
        (draft(), {"content_date": ""}, "content_date is missing"),
        (draft(), {"source_identity": "a body"}, "stands beside SOURCE_VOLUNTARY"),
        (draft(), {"keywords": "KEYWORD_COORDINATED_HARM"}, "belongs to none of its categories"),
        (draft(), {"keywords": OTHER}, "goes with KEYWORD_OTHER"),
        (draft(), {"keyword_other": "pump and dump"}, "goes with KEYWORD_OTHER"),
        (draft(), {"category_addition": "STATEMENT_CATEGORY_NOTHING"}, "may not be"),
        (draft(), {"reference_url": "example"}, "no address of a page"),
        (draft(), {"source_type": "SOURCE_ARTICLE_16", "source_identity": "mail a@b.org"}, "personal data: 1 × e-mail"),
        (
            draft(actions=(Action(Measure.SUSPEND_ACCOUNT, "x", "x", date(2026, 3, 1)),)),
            {},
            "is before application_date",
        ),
    ],
)
def test_what_cannot_be_told_says_why(told: Draft | None, answers: dict[str, str], why: str) -> None:
    given_ = {k: v for k, v in {**ANSWERS, **answers}.items() if v}
    with pytest.raises(CaseError, match=re.escape(why)):
        make(material(told, given_))


def test_every_keyword_but_one_has_its_category() -> None:
    paired = [k for keywords in PAIRS.values() for k in keywords]
    assert len(paired) == len(set(paired))
    assert set(KEYWORDS) - set(paired) == {OTHER, "KEYWORD_STALKING"}
    for category, keywords in PAIRS.items():
        for keyword in KEYWORDS:
            other = {"category_specification_other": "x"} if keyword == OTHER else {}
            told = unpaired({"category": category, "category_specification": [keyword], **other})
            assert (told == []) == (keyword in keywords or keyword == OTHER)


def test_a_puid_that_names_somebody_is_refused() -> None:
    assert list(personal({"puid": "a1b2"}, frozenset({"local/x"}))) == []
    assert list(personal({"puid": "moonboy99"}, frozenset({"moonboy99"}))) == [
        "puid has personal data: 1 × account of the case (at character 1)"
    ]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"decision_text": "x"}, "decision_text is no field of a statement"),
        ({"decision_visibility": []}, "one of decision_visibility"),
        ({"puid": ""}, "puid is there and empty"),
        ({"puid": None}, "puid is there and empty"),
        ({"puid": "  "}, "puid is blank"),
        ({"puid": 7}, "which is no text"),
        ({"puid": ["a"]}, "puid is a list"),
        ({"content_type": "CONTENT_TYPE_TEXT"}, "content_type is no list"),
        ({"content_type": ["CONTENT_TYPE_TEXT", "CONTENT_TYPE_TEXT"]}, "says something twice"),
        ({"content_language": "XX"}, "may not be 'XX'"),
        ({"content_id": "4006381333931"}, "is no object"),
        ({"content_date": "2026-02-30"}, "is no date"),
        ({"content_date": "\u0662026-02-03"}, "is no date"),
        ({"decision_ground_reference_url": "https://[::1"}, "no address of a page"),
        ({"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"}, "illegal_content_legal_ground is missing, which"),
    ],
)
def test_what_the_validator_would_refuse_says_why(changed: dict[str, Any], why: str) -> None:
    assert wrong(VALID) == []
    assert [w for w in wrong({**VALID, **changed}) if why in w]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"content_date": "2026-03-04"}, "content_date is after"),
        ({"end_date_visibility_restriction": "2026-03-02"}, "is before application_date"),
        ({"end_date_account_restriction": "2026-03-05"}, "is there without decision_account"),
    ],
)
def test_dates_are_in_order(changed: dict[str, Any], why: str) -> None:
    assert unordered(VALID) == []
    assert [w for w in unordered({**VALID, **changed}) if why in w]


def test_a_post_without_a_time_says_nothing_of_its_date() -> None:
    posts = [{"id": f"post-of-{ACCOUNTS[0]}", "account": ACCOUNTS[0], "created_at": None}]
    told = statements(material(draft(), ANSWERS, content={"ab": {"posts": posts}}))
    assert {s["content_date"] for s in told} == {ANSWERS["content_date"]}
