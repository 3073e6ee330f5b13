"""Statements of reasons to those concerned: all that Art. 17 asks, of one account each, and of nobody else."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.drafts import Action, Automated, Draft, Ground, Measure
from cases.exports.base import answered, content_of
from cases.exports.dsa_statement import EXPORT, due, letters, make
from graph.errors import CaseError
from tests.casefiles import CASE, material
from tests.casework import ACCOUNTS, draft

SAID = {"source": "own initiative", "complaint": "https://example.org/complaints"}
NODES = [
    {"id": f"account/{ACCOUNTS[0]}", "kind": "account", "label": "moonboy99"},
    {"id": f"account/{ACCOUNTS[1]}", "kind": "account", "label": "pumpking"},
]


def _letters(told: Draft | None, answers: dict[str, str] | None = None, **changed: Any) -> dict[str, dict[str, str]]:
    return letters(material(told, {**SAID, **(answers or {})}, **changed))


def _plain(told: Draft, answers: dict[str, str] | None = None) -> str:
    return " ".join(_letters(told, answers)[ACCOUNTS[0]]["txt"].split())


def test_each_account_has_its_own_letter_and_nobody_else_in_it() -> None:
    found = _letters(draft())
    assert list(found) == list(ACCOUNTS)
    for account, letter in found.items():
        for text in letter.values():
            assert account in text
            assert f"post-of-{account}" in text
            assert not [other for other in ACCOUNTS if other != account and other in text]


def test_a_letter_says_all_that_it_must() -> None:
    text = _plain(draft(scope=("DE", "FR")))
    for part in (
        "Decision dec22222222 of 2026-03-03 (UTC)",
        "The content post-of-local/a1 is shown less prominently, without an end date.",
        "This applies in: DE, FR.",
        "Three accounts posted the same text within a minute, 37 times in six days.",
        "on the platform's own initiative",
        "Automated means were used to detect it.",
        "The decision itself was made by people.",
        "rests on the terms and conditions",
        "terms 4.2",
        "The terms forbid promotion that hides who is behind it.",
        "policy “inauthentic promotion”, version 3",
        "free of charge: https://example.org/complaints",
        "until 2026-09-02 or later",
        "out of court",
        "Go to court at any time",
        "is no finding of a court",
    ):
        assert part in text
    assert not re.search("guilty|criminal|fraudster|manipulat|suspicio|market", text)


@pytest.mark.parametrize("measure", list(Measure))
@pytest.mark.parametrize("until", [None, date(2026, 4, 1)])
def test_every_measure_is_said(measure: Measure, until: date | None) -> None:
    subject = "p1" if measure.endswith(("content", "interaction")) else ACCOUNTS[0]
    text = _plain(draft(actions=(Action(measure, subject, ACCOUNTS[0], until),)))
    assert ("until 2026-04-01." in text) == (until is not None)
    assert ("without an end date." in text) == (until is None)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"automated_detection": False}, "No automated means were used to detect it."),
        ({"automated_decision": Automated.PARTIALLY}, "with the help of automated means"),
        ({"automated_decision": Automated.FULLY}, "was made by automated means"),
        ({"ground": Ground.ILLEGAL}, "rests on law"),
        ({}, "This applies everywhere."),
    ],
)
def test_what_the_decision_says_is_said(changed: dict[str, Any], said: str) -> None:
    assert said in _plain(draft(**changed))


@pytest.mark.parametrize(("source", "said"), [("notice", "Art. 16"), ("trusted flagger", "Art. 22")])
def test_a_notice_is_named_and_never_who_sent_it(source: str, said: str) -> None:
    assert said in _plain(draft(), {"source": source})
    assert not any("notif" in q.name or "identity" in q.name for q in EXPORT.asks)


@pytest.mark.parametrize("field", ["facts", "reference", "explanation"])
@pytest.mark.parametrize("secret", [ACCOUNTS[1], "@pumpking", "a@b.org", "+49 30 901820"])
def test_what_names_somebody_else_is_refused(field: str, secret: str) -> None:
    told: dict[str, Any] = {field: f"paid by {secret} twice"}
    with pytest.raises(CaseError, match=f"{field} has 1 ×") as refused:
        _letters(draft(**told), {"account": ACCOUNTS[0]}, content={"ab": {"nodes": NODES}})
    assert secret not in str(refused.value)


def test_only_one_account_can_be_asked_for() -> None:
    assert list(_letters(draft(), {"account": ACCOUNTS[2]})) == [ACCOUNTS[2]]
    with pytest.raises(CaseError, match="no decision in force"):
        _letters(draft(), {"account": "local/other"})


def test_what_was_taken_back_is_told_to_nobody() -> None:
    reversed_ = tuple(
        {"kind": "demote_content", "subject": f"post-of-{a}", "state": "reversed", "id": a} for a in ACCOUNTS
    )
    for told in (None, draft(actions=())):
        with pytest.raises(CaseError, match="no decision in force"):
            _letters(told)
    with pytest.raises(CaseError, match="no decision in force"):
        _letters(draft(), actions=reversed_)


def test_nothing_of_the_market_track_is_told() -> None:
    with pytest.raises(CaseError, match="of the platform track alone"):
        content_of(EXPORT, material(draft(), SAID, case={**CASE, "track": "market"}))


def test_a_page_runs_nothing_and_hides_nothing() -> None:
    evil = "<script>alert(1)</script> {{ 7 * 7 }} \u202egnp"
    letter = _letters(draft(explanation=evil))[ACCOUNTS[0]]
    assert "<script>" not in letter["html"]
    assert "&lt;script&gt;" in letter["html"]
    assert "{{ 7 * 7 }}" in letter["txt"]
    assert "⟨U+202E⟩" in letter["txt"]


def test_the_file_is_the_same_each_time_and_its_names_are_harmless() -> None:
    account = "../../etc/passwd"
    told = material(draft(actions=(Action(Measure.SUSPEND_ACCOUNT, account, account),)), answered(EXPORT, SAID))
    content = make(told)
    assert content == make(told)
    with zipfile.ZipFile(io.BytesIO(content)) as kept:
        assert kept.namelist() == ["001-etc_passwd.txt", "001-etc_passwd.html"]


@given(st.dates(date(2024, 1, 1), date(2040, 1, 1)))
def test_a_complaint_has_six_months(informed: date) -> None:
    last = due(informed)
    assert (last.year - informed.year) * 12 + last.month - informed.month == 6
    assert last.day == informed.day or (last.day < informed.day and (last + timedelta(days=1)).day == 1)
