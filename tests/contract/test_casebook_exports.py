"""What leaves a case, over each database: who may, how far, what is written down, and what people outside read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from cases import alerts, appeals, casefile, caseload, containment, decisions
from cases.audit import canonical
from cases.caseload import Track
from cases.containment import Containment
from cases.escalation import playbook, releases
from cases.escalation.releases import Step
from cases.evidence import custody
from cases.exports import base
from cases.exports.base import Export, Material, Question, exports, run
from cases.lifecycles import Severity
from cases.mine import mine
from cases.people import Actor
from cases.privacy import tlp
from cases.privacy.pseudonyms import for_reader
from cases.privacy.tlp import Tlp
from cases.roles import Role
from cases.storage.evidence import custody as custody_rows
from cases.storage.schema import alerts as alerts_
from cases.storage.schema import audit, cases
from graph.errors import CaseError, ConfigError, NotPermitted, StaleCase
from tests.casework import ACCOUNTS, ANNA, BOSS, LENA, RUTH, VERA, Work, alert, draft

LEO = Actor("leo", frozenset({Role.LEGAL}))
AUDITOR = Actor("aud", frozenset({Role.AUDITOR}))
KEY = b"k" * 16


def _made(material: Material) -> bytes:
    return canonical({"case": material.file.case["id"], "said": dict(material.answers)}).encode()


PLAIN = Export(
    "plain",
    "A plain one",
    ".json",
    _made,
    (
        Question("who", "For whom?"),
        Question("how", "How?", ("loud", "soft"), required=False),
        Question("what", "What?", ("a", "b"), required=False, several=True),
    ),
    Tlp.AMBER,
    None,
)
OURS = Export("ours", "Of the market track", ".txt", lambda _: b"x", track=Track.MARKET)
SAID = {"who": "the board"}
DSA = {
    "dsa_record": {
        "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        "content_type": "CONTENT_TYPE_TEXT",
        "content_date": "2026-02-25",
        "source_type": "SOURCE_VOLUNTARY",
    },
    "dsa_statement": {"source": "own initiative", "complaint": "https://example.org/complaints"},
}


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "exports", lambda: {e.name: e for e in (PLAIN, OURS)})
    monkeypatch.setenv("LOCKSTEP_PSEUDONYM_KEY", KEY.decode())


def _entries(work: Work, action: str) -> list[dict[str, Any]]:
    return [r for r in work.rows(audit) if r["action"] == action]


def test_every_export_is_found_and_says_what_it_is() -> None:
    found = exports()
    assert {"dsa_record", "dsa_statement"} <= set(found)
    for name, export in found.items():
        assert export.name == name
        assert export.title
        assert export.suffix.startswith(".")
        assert len({q.name for q in export.asks}) == len(export.asks)
        assert all(q.text.strip() for q in export.asks)


def test_what_is_given_out_is_written_down_first(work: Work) -> None:
    key = work.case()
    given = run(work.book, ANNA, key, "plain", SAID)
    assert given.content == canonical({"case": key, "said": SAID}).encode()
    assert given.sha256 == hashlib.sha256(given.content).hexdigest()
    assert given.file_name == f"plain-{key}-20260302T090000Z.json"
    (entry,) = _entries(work, "export")
    assert (entry["actor"], entry["subject"], entry["subject_id"]) == ("anna", "case", key)
    detail = orjson.loads(entry["detail"])
    assert (detail["what"], detail["sha256"], detail["tlp"], detail["allowed"]) == (
        "plain",
        given.sha256,
        "AMBER",
        "AMBER",
    )
    (row,) = work.rows(custody_rows)
    assert (row["event"], row["item"], row["who"]) == (custody.Event.EXPORTED, given.sha256, "anna")


@pytest.mark.parametrize(
    ("actor", "why"), [(VERA, "a vendor takes nothing out"), (RUTH, "may not export"), (AUDITOR, "may not export")]
)
def test_who_may_not_take_out_is_refused_before_anything_is_read(work: Work, actor: Actor, why: str) -> None:
    key = work.case()
    work.do(LENA, caseload.grant, key, actor.name)
    before = len(work.rows(audit))
    with pytest.raises(NotPermitted, match=why):
        run(work.book, actor, key, "plain", SAID)
    assert len(work.rows(audit)) == before
    assert work.rows(custody_rows) == []


@pytest.mark.parametrize("actor", [ANNA, LEO, BOSS])
def test_a_case_one_may_not_know_of_is_answered_like_one_that_is_not_there(work: Work, actor: Actor) -> None:
    key = work.case(by=LENA, ready=False, track=Track.MARKET)
    with pytest.raises(CaseError, match=f"no case '{key}'") as hidden:
        run(work.book, actor, key, "ours")
    with pytest.raises(CaseError, match="no case 'none'") as missing:
        run(work.book, actor, "none", "ours")
    assert str(hidden.value).replace(key, "none") == str(missing.value)
    assert _entries(work, "export") == []
    work.do(LENA, caseload.grant, key, actor.name)
    assert run(work.book, actor, key, "ours").content == b"x"


@pytest.mark.parametrize("name", ["dsa_record", "dsa_statement"])
def test_what_is_told_of_a_decision_waits_for_legal_where_the_other_track_touches_it(
    work: Work, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(base, "exports", exports)
    key, _ = work.decided()
    answers = DSA[name]
    first = run(work.book, ANNA, key, name, answers)
    assert first.content
    other, decided = work.decided()
    work.case(by=LENA, ready=False, track=Track.MARKET)
    assert run(work.book, ANNA, key, name, answers).content == first.content  # what passed has passed
    with pytest.raises(NotPermitted, match="waits for Legal's release"):
        run(work.book, ANNA, other, name, answers)
    assert {e["subject_id"] for e in _entries(work, "export")} == {key}
    work.do(LEO, releases.release, other, Step.NOTICE, decided, "no order against it")
    assert run(work.book, ANNA, other, name, answers).content


def test_an_export_is_of_its_track_alone(work: Work) -> None:
    with pytest.raises(CaseError, match="of the market track alone"):
        run(work.book, ANNA, work.case(), "ours")
    assert _entries(work, "export") == []


@pytest.mark.parametrize(
    ("mark", "receiver", "goes"),
    [
        (Tlp.AMBER, None, True),
        (Tlp.AMBER_STRICT, None, False),
        (Tlp.AMBER_STRICT, Tlp.RED, False),  # the export is for nobody who may be given that
        (Tlp.AMBER, Tlp.GREEN, False),
        (Tlp.GREEN, Tlp.GREEN, True),
    ],
)
def test_nothing_goes_further_than_the_mark(work: Work, mark: Tlp, receiver: Tlp | None, *, goes: bool) -> None:
    key = work.case(ready=False)
    work.do(LENA, tlp.mark, key, mark, "the board said so")
    if goes:
        assert run(work.book, ANNA, key, "plain", SAID, recipient_tlp=receiver).content
    else:
        with pytest.raises(NotPermitted, match="at most"):
            run(work.book, ANNA, key, "plain", SAID, recipient_tlp=receiver)
    assert len(_entries(work, "export")) == goes


def test_a_mark_needs_a_reason_and_a_looser_one_a_lead(work: Work) -> None:
    key = work.case(ready=False)
    assert work.row(cases, key)["tlp"] == "AMBER"
    with pytest.raises(CaseError, match="needs a reason"):
        work.do(LENA, tlp.mark, key, Tlp.RED, "  ")
    work.do(ANNA, tlp.mark, key, Tlp.RED, "a witness is named")
    with pytest.raises(NotPermitted, match="may not grant"):
        work.do(ANNA, tlp.mark, key, Tlp.GREEN, "why not")
    work.do(LENA, tlp.mark, key, Tlp.AMBER_STRICT, "the witness agreed")
    assert work.row(cases, key)["tlp"] == "AMBER+STRICT"
    assert [orjson.loads(e["detail"])["why"] for e in _entries(work, "mark")] == [
        "a witness is named",
        "the witness agreed",
    ]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({}, "who is not answered"),
        ({"who": "  "}, "who is not answered"),
        ({**SAID, "when": "now"}, "when is not asked"),
        ({**SAID, "how": "shrill"}, "how: 'shrill' is none of the choices"),
        ({**SAID, "what": "a, c"}, "what: 'c' is none of the choices"),
    ],
)
def test_answers_are_checked(answers: Mapping[str, str], why: str) -> None:
    with pytest.raises(CaseError, match=why):
        base.answered(PLAIN, answers)


def test_several_answers_and_those_left_out(work: Work) -> None:
    given = run(work.book, ANNA, work.case(), "plain", {**SAID, "what": "b, a", "how": " "})
    assert orjson.loads(given.content)["said"] == {"who": "the board", "what": "b, a"}


def test_an_export_that_is_not_there_is_said(work: Work) -> None:
    with pytest.raises(ConfigError, match="plian"):
        run(work.book, ANNA, work.case(), "plian", SAID)


def test_a_case_that_changed_meanwhile_is_not_given_out(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    key = work.case()

    def slow(_: Material) -> bytes:
        work.do(ANNA, tlp.mark, key, Tlp.RED, "a witness is named")
        return b"x"

    monkeypatch.setattr(base, "exports", lambda: {"slow": Export("slow", "Slow", ".txt", slow)})
    with pytest.raises(StaleCase, match="changed while"):
        run(work.book, ANNA, key, "slow")
    assert _entries(work, "export") == []


def test_a_case_is_read_outside_without_anybody_in_it(work: Work) -> None:
    work.do(ANNA, _taken)
    key = work.case(alert_ids=[r["id"] for r in work.rows(alerts_)])
    work.do(ANNA, caseload.write, key, f"{ACCOUNTS[0]} is @moonboy, moonboy@example.org; ask @vera")
    work.do(ANNA, caseload.grade, key, Severity.S1, f"{ACCOUNTS[1]} paid")
    proposal = work.do(ANNA, decisions.propose, key, draft(Severity.S1, facts=f"What {ACCOUNTS[2]} did."))
    decision = work.do(LENA, decisions.approve, proposal["id"], proposal["hash"])
    work.do(RUTH, appeals.receive, decision, ACCOUNTS[0], f"I am not {ACCOUNTS[1]}")
    work.do(LENA, caseload.grant, key, "vera")
    with work.book.look(VERA, "case", key) as look:
        shown = casefile.read(look, key)
    with work.book.look(ANNA, "case", key) as look:
        whole = casefile.read(look, key)
    assert "local/a" in str(whole)
    told = str(shown)
    for secret in ("local/", "moonboy", "example.org", "post-of"):
        assert secret not in told
    assert shown.draft is not None
    assert len({a.account for a in shown.draft.actions}) == len(ACCOUNTS)
    assert {a.account for a in shown.draft.actions} < {r["account"] for r in shown.subjects}
    assert shown.appeals[0]["appellant"] in {a.account for a in shown.draft.actions}
    assert shown.appeals[0]["text"] == f"I am not {_shown(shown, whole, ACCOUNTS[1])}"
    assert shown.notes[0]["author"] == "anna"
    assert shown.access == shown.custody == ()
    assert [r["id"] for r in shown.decisions] == [decision]
    assert for_reader(shown, VERA) == shown  # read twice, it stays what it is


def _shown(shown: Any, whole: Any, account: str) -> str:
    place = [r["account"] for r in whole.subjects].index(account)
    return str(shown.subjects[place]["account"])


def _taken(change: Any) -> None:
    alerts.take(change, alert(links=("https://t.me/moonboy",), summary=f"{ACCOUNTS[0]} and @moonboy"))


def test_an_emergency_is_not_read_outside(work: Work) -> None:
    key = work.case(Severity.S0, ready=False)
    work.do(LENA, caseload.grant, key, "vera")
    work.do(ANNA, caseload.set_tasks, key, "", ["read the posts"])
    found = work.do(LENA, playbook.declare, key, "pump", "calls each minute")
    work.do(LENA, playbook.log, found, "told the duty engineer")
    measure = work.do(LENA, containment.contain, key, Containment.LIMIT_REACH, ACCOUNTS[0], "it calls")
    read = []
    for actor in (ANNA, VERA):
        with work.book.look(actor, "case", key) as look:
            read.append(casefile.read(look, key))
    whole, shown = read
    for secret in (found, measure, "each minute", "duty engineer", "it calls", "market slice", "emergency"):
        assert secret in str(whole)
        assert secret not in str(shown)
    assert (shown.emergencies, shown.log_entries, shown.containments) == ((), (), ())
    assert [t["title"] for t in shown.tasks] == ["read the posts"]
    assert [e["action"] for e in shown.timeline if e["subject"] == "task"] == ["task"]


def test_a_case_without_a_decision_is_read_outside_too(work: Work) -> None:
    key = work.case(ready=False)
    work.do(LENA, caseload.grant, key, "vera")
    with work.book.look(VERA, "case", key) as look:
        shown = casefile.read(look, key)
    assert shown.draft is None
    assert "local/" not in str(shown)


def test_lists_are_read_outside_without_anybody_in_them(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    about = [caseload.Subject(ACCOUNTS[0], "core", own_evidence=True)]
    title = f"{ACCOUNTS[0]} and @moonboy"
    key = work.do(ANNA, caseload.open_case, title, Severity.S2, about=about)
    work.do(ANNA, caseload.write, key, f"@vera: {ACCOUNTS[0]} wrote to moonboy@example.org")
    work.do(LENA, caseload.grant, key, "vera")
    with work.book.look(VERA, "cases") as look:
        (shown,) = caseload.listed(look)
        told = casefile.read(look, key)
        (mention,) = mine(look).mentions
    account = told.subjects[0]["account"]
    assert shown["title"] == told.case["title"] == mention["title"] == f"{account} and [handle]"
    assert mention["text"] == f"[handle]: {account} wrote to [e-mail]"
    with work.book.look(ANNA, "cases") as look:
        assert caseload.listed(look)[0]["title"] == title
    work.do(VERA, caseload.claim, key)
    with work.book.look(VERA, "cases") as look:
        assert mine(look).cases[0]["title"] == shown["title"]
    monkeypatch.delenv("LOCKSTEP_PSEUDONYM_KEY")
    with work.book.look(VERA, "cases") as look:
        assert caseload.listed(look)[0]["title"] == "[account] and [handle]"
        with pytest.raises(ConfigError, match="no key"):
            casefile.read(look, key)
