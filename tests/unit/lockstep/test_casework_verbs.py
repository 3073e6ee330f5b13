"""The casebook's work from the command line: who acts, what they may, and what they are told."""

from __future__ import annotations

import getpass
import os
import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cases import alerts, caseload
from cases.caseload import Subject, Track
from cases.containment import Containment
from cases.escalation.releases import Step
from cases.forms import read, template
from cases.lifecycles import Severity
from cases.people import system
from cases.privacy.tlp import Tlp
from cases.referrals import Breach, Filing
from cases.roles import Role
from cases.storage.schema import audit, containments, tasks
from graph.errors import NotPermitted
from lockstep.verbs.casework.choices import (
    BreachChoice,
    FilingChoice,
    MeasureChoice,
    StepChoice,
    TlpChoice,
    TrackChoice,
)
from tests import casework
from tests.casework import ACCOUNTS, ANNA, ONLOOKER, alert
from tests.cli import lockstep
from tests.team import Team, form, made


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A casebook in which nobody is registered."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCKSTEP_CASES_URL", casework.sqlite_url(tmp_path))
    return tmp_path


def test_the_first_admin_registers_the_others(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    early = lockstep("people", "add", "anna", "--role", "analyst")
    assert (early.code, "first: --role admin" in early.err) == (2, True)
    first = lockstep("people", "add", "root", "--role", "admin")
    token = first.out.strip()
    assert first.code == 0
    assert "shown this once" in first.err
    second = lockstep("people", "add", "eve", "--role", "admin")
    assert (second.code, "nobody is named" in second.err) == (6, True)
    monkeypatch.setenv("LOCKSTEP_TOKEN", token)
    anna = lockstep("people", "add", "anna", "--role", "analyst", "--role", "reviewer", "--lasts", "7d", "--json").json
    assert re.fullmatch(r"lockstep_\w{12}_[0-9a-f]{64}", anna["token"])
    assert lockstep("people", "add", "bot", "--role", "lead", "--service").code == 0
    listed = lockstep("people", "list", "--json").json
    assert [(p["name"], p["kind"], p["roles"], p["registered_by"]) for p in listed] == [
        ("anna", "person", ["analyst", "reviewer"], "root"),
        ("bot", "service", ["lead"], "root"),
        ("root", "person", ["admin"], "system:bootstrap"),
    ]
    assert lockstep("people", "roles", "anna", "--role", "lead", "--why", "leads the team").code == 0
    assert lockstep("people", "disable", "anna", "--why", "left").code == 0
    assert "anna" in lockstep("people", "list").out
    monkeypatch.setenv("LOCKSTEP_TOKEN", anna["token"])
    assert "anna is disabled" in lockstep("cases", "list").err
    monkeypatch.setenv("LOCKSTEP_TOKEN", token)
    assert lockstep("people", "enable", "anna", "--why", "came back").code == 0
    again = lockstep("people", "token", "anna", "--json").json["token"]
    assert lockstep("people", "token", "anna", "--lasts", "soon").code == 2
    monkeypatch.setenv("LOCKSTEP_TOKEN", again)
    assert lockstep("cases", "list").code == 0
    assert lockstep("people", "list").code == 6
    monkeypatch.setenv("LOCKSTEP_TOKEN", again[:-1])
    assert "none of this casebook" in lockstep("cases", "list").err


def test_a_token_is_never_shown_again(team: Team) -> None:
    with mock.patch.dict(os.environ, team.env("root")):
        shown = [lockstep("people", "list", "--json"), lockstep("config", "--explain")]
    secrets = [t.rpartition("_")[2] for t in team.tokens.values()]
    assert not any(s in ran.out + ran.err for s in secrets for ran in shown)


def test_a_lone_user_is_the_one_of_the_pages_and_never_a_second_person(alone: Path) -> None:
    from dashboard.access.people import alone as of_pages

    me = of_pages()
    assert me.name == f"local:{getpass.getuser()}"
    case = lockstep("cases", "open", "copied posts", "--severity", "S1", "--account", "local/a1", "--json").json["case"]
    for name in ("investigate", "ready"):
        assert lockstep("cases", "move", case, name).code == 0
    told = form(alone, severity="S1", actions=[])
    proposal = lockstep("cases", "propose", case, "--file", told, "--json").json
    work = casework.opened(os.environ["LOCKSTEP_CASES_URL"])
    assert {e["actor"] for e in work.rows(audit)} == {me.name}
    work.book.close()
    refused = lockstep("cases", "approve", proposal["proposal"], "--seen", proposal["hash"])
    assert (refused.code, "who proposes does not approve" in refused.err) == (6, True)


@pytest.mark.parametrize(
    "settings",
    [
        {"LOCKSTEP_AUTH_METADATA_URL": "https://login.example/.well-known/openid-configuration"},
        {"LOCKSTEP_TOKEN": "lockstep_aaaaaaaaaaaa_" + "0" * 64},
    ],
)
def test_nobody_acts_alone_where_people_log_in(
    alone: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert lockstep("cases", "list").code == 6
    assert alone.is_dir()


def test_who_logs_in_has_one_name(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_AUTH_METADATA_URL", "https://login.example/.well-known/openid-configuration")
    refused = lockstep("people", "add", "root", "--role", "admin")
    assert (refused.code, "ISSUER|SUBJECT" in refused.err) == (2, True)
    assert lockstep("people", "add", "https://login.example|7", "--role", "admin").code == 0
    assert alone.is_dir()


def test_the_choices_are_the_casebooks_own() -> None:
    pairs: list[tuple[type[StrEnum], type[StrEnum]]] = [
        (TrackChoice, Track),
        (MeasureChoice, Containment),
        (TlpChoice, Tlp),
        (StepChoice, Step),
        (FilingChoice, Filing),
        (BreachChoice, Breach),
    ]
    for ours, theirs in pairs:
        assert [c.value for c in ours] == [c.value for c in theirs]


def test_a_case_from_its_opening_to_its_end(team: Team) -> None:
    key = team.done("anna", "open", "copied posts", "--severity", "S3", "--account", "local/a1")["case"]
    team.done("anna", "add", key, "--account", "local/a2")
    assert team.run("anna", "add", key).code == 2
    assert team.run("anna", "claim").code == 2
    assert team.done("anna", "claim", "--next")["case"] == key
    assert "no case is free" in team.run("ruth", "claim", "--next").out
    assert "anna has it" in team.refused("ruth", "claim", key)
    team.done("anna", "release", key)
    team.done("lena", "assign", key, "ruth", "--why", "knows them")
    assert team.done("ruth", "list", "--mine")["cases"][0]["id"] == key
    assert team.done("ruth", "list", "--free")["cases"] == []
    assert "it cannot decide" in team.refused("ruth", "move", key, "decide")
    assert "from here: investigate" in team.refused("ruth", "move", key, "ready")
    assert team.done("ruth", "move", key, "investigate")["state"] == "investigating"
    assert team.done("ruth", "note", key, "what do you think, @anna?")["mentions"] == ["anna"]
    team.done("ruth", "task", key, "ask Legal", "look at the links")
    assert team.run("ruth", "task", key).code == 2
    work = team.work()
    first = next(t["id"] for t in work.rows(tasks) if t["title"] == "ask Legal")
    work.book.close()
    team.done("ruth", "task", key, "--done", first)
    team.done("ruth", "grade", key, "S4", "--why", "nobody read it")
    team.done("ruth", "mark", key, "AMBER+STRICT", "--why", "names of customers")
    team.done("ruth", "conclude", key, "no_violation", "--why", "a fan club")
    team.done("ruth", "move", key, "close", "--why", "nothing to do")
    shown = team.run("ruth", "show", key, "--timeline").out
    for words in ("closed", "no_violation", "a fan club", "local/a2", "what do you think", "ask Legal", "not guilty"):
        assert words in shown
    assert team.done("ruth", "show", key)["case"]["severity"] == "S4"
    assert [c["id"] for c in team.done("anna", "list", "--state", "closed")["cases"]] == [key]
    assert "1 closed" in team.run("anna", "list").out


def test_what_one_may_not_know_of_is_not_there(team: Team) -> None:
    key = team.done("lena", "open", "a pump", "--severity", "S2", "--track", "market")["case"]
    other = team.done("lena", "open", "a leak", "--severity", "S2", "--restricted")["case"]
    for who in ("anna", "vera", "luis"):
        assert team.done(who, "list")["cases"] == []
        assert team.refused(who, "show", key) == team.refused(who, "show", "nothing").replace("'nothing'", f"'{key}'")
        assert "no case" in team.refused(who, "note", other, "hello")
    team.done("lena", "grant", key, "anna")
    assert [c["id"] for c in team.done("anna", "list")["cases"]] == [key]
    team.done("lena", "revoke", key, "anna")
    assert team.done("anna", "list")["cases"] == []
    assert "may not grant" in team.refused("anna", "grant", key, "anna")


def test_reading_is_in_the_trail(team: Team) -> None:
    key = made(team)
    team.done("anna", "show", key)
    team.done("lena", "list")
    work = team.work()
    reads = [(e["actor"], e["subject"], e["subject_id"]) for e in work.rows(audit) if e["action"] == "read"]
    assert ("anna", "case", key) in reads
    assert ("lena", "cases", "") in reads
    assert work.wrong() == []
    work.book.close()


def test_a_form_leaves_the_judgement_to_a_person(team: Team) -> None:
    key = made(team)
    printed = team.run("anna", "decide", key, "--template").out
    assert tomllib.loads(printed)["outcome"] == ""
    assert {a["account"] for a in tomllib.loads(printed)["actions"]} == set(ACCOUNTS)
    assert ONLOOKER not in printed
    assert team.done("anna", "decide", key, "--template")["form"].strip() == printed.strip()
    path = Path("form.toml")
    path.write_text(printed, encoding="utf-8")
    told = team.refused("anna", "decide", key, "--file", path)
    assert "outcome is empty: one of: violation_confirmed" in told
    assert "actions number 1: measure is empty" in told
    filled = printed.replace('measure = ""', 'measure = "label_content"').replace(
        'outcome = ""', 'outcome = "violation_confirmed"'
    )
    for name, value in (("policy", "promotion"), ("policy_version", "3"), ("ground", "terms"), ("reference", "4.2")):
        filled = filled.replace(f'{name} = ""', f'{name} = "{value}"')
    filled = filled.replace('facts = """"""', 'facts = "They posted one text."')
    path.write_text(filled.replace('explanation = """"""', 'explanation = "It is forbidden."'), encoding="utf-8")
    assert team.done("anna", "decide", key, "--file", path)["case"] == key
    assert team.run("anna", "decide", key).code == 2
    assert team.run("anna", "decide", key, "--file", path, "--template").code == 2


def test_two_people_decide_and_neither_is_a_program(team: Team) -> None:
    key = made(team, "S1")
    path = form(team.folder, severity="S1")
    assert "a second person must approve" in team.refused("anna", "decide", key, "--file", path)
    assert "no program decided" in team.refused("bot", "propose", key, "--file", path)
    told = team.done("anna", "propose", key, "--file", path, "--protected", ACCOUNTS[0])
    assert told["grounds"] == ["severity S1", "1 protected accounts"]
    proposal, seen = told["proposal"], told["hash"]
    read_ = team.run("lena", "proposal", proposal).out
    assert seen in read_
    assert "suspend_account" in read_
    assert team.done("lena", "proposal", proposal)["content"]["policy"] == "inauthentic promotion"
    for who, why in (("anna", "does not approve"), ("bot", "a program approves nothing"), ("ruth", "may not approve")):
        assert why in team.refused(who, "approve", proposal, "--seen", seen)
    assert "not what you read" in team.refused("lena", "approve", proposal, "--seen", "0" * 64)
    assert team.done("lena", "approve", proposal, "--seen", seen)["decision"]
    assert len(team.done("anna", "enforce", key)["actions"]) == len(ACCOUNTS)
    acts = team.done("anna", "show", key)["actions"]
    assert {a["state"] for a in acts} == {"sent"}
    team.done("anna", "confirm", *(a["id"] for a in acts))
    assert {a["state"] for a in team.done("anna", "show", key)["actions"]} == {"confirmed"}
    assert "decision in force" in team.run("anna", "show", key).out


def test_a_lead_who_proposes_does_not_approve(team: Team) -> None:
    key = made(team, "S0")
    path = form(team.folder, severity="S0")
    for answer, who in (("refuse", "luis"), ("withdraw", "lena")):
        told = team.done("lena", "propose", key, "--file", path)
        assert "who proposes does not approve" in team.refused(
            "lena", "approve", told["proposal"], "--seen", told["hash"]
        )
        team.done(who, answer, told["proposal"], "--why", "not yet")


def test_an_appeal_is_answered_by_a_third(team: Team) -> None:
    key = made(team, "S1")
    told = team.done("anna", "propose", key, "--file", form(team.folder, severity="S1"))
    decision = team.done("lena", "approve", told["proposal"], "--seen", told["hash"])["decision"]
    team.done("anna", "enforce", key)
    appeal = team.done("ruth", "appeal", "receive", decision, "--by", ACCOUNTS[0], "--text", "a joke")["appeal"]
    team.done("ruth", "appeal", "acknowledge", appeal)
    assert "lena decided it" in team.refused("ruth", "appeal", "assign", appeal, "lena")
    team.done("ruth", "appeal", "assign", appeal, "ruth")
    answer = ("--outcome", "reversed", "--why", "it was a joke")
    assert "not yours to answer" in team.refused("luis", "appeal", "answer", appeal, *answer)
    assert "reversed by two" in team.refused("ruth", "appeal", "answer", appeal, *answer)
    asked = team.done("ruth", "appeal", "propose", appeal, *answer)
    assert "who decided it before" in team.refused("lena", "approve", asked["proposal"], "--seen", asked["hash"])
    team.done("luis", "refuse", asked["proposal"], "--why", "show me the joke")
    asked = team.done("ruth", "appeal", "propose", appeal, *answer)
    team.done("luis", "approve", asked["proposal"], "--seen", asked["hash"])
    shown = team.done("anna", "show", key)
    assert shown["case"]["outcome"] == "no_violation"
    assert {a["state"] for a in shown["actions"]} == {"reversed"}


def test_a_lesser_decision_is_reversed_by_its_reviewer(team: Team) -> None:
    key = made(team)
    decision = team.done("anna", "decide", key, "--file", form(team.folder))["decision"]
    appeal = team.done("ruth", "appeal", "receive", decision, "--by", ACCOUNTS[0], "--text", "a joke")["appeal"]
    team.done("ruth", "appeal", "acknowledge", appeal)
    team.done("ruth", "appeal", "assign", appeal, "ruth")
    part = ("--outcome", "partially_reversed", "--why", "one of them", "--reverse", ACCOUNTS[0])
    team.done("ruth", "appeal", "answer", appeal, *part)
    assert len([a for a in team.done("anna", "show", key)["actions"] if a["state"] == "reversed"]) == 1


def test_emergency_measures(team: Team) -> None:
    key = made(team, "S0")
    how = ("--kind", "block_link", "--subject", "https://x.example", "--why", "it drains wallets")
    assert "may not contain" in team.refused("anna", "contain", "take", key, *how)
    measure = team.done("lena", "contain", "take", key, *how)["measure"]
    assert "does not approve it" in team.refused("lena", "contain", "approve", measure)
    team.done("luis", "contain", "approve", measure)
    team.done("lena", "contain", "release", measure, "--why", "the site is gone")
    work = team.work()
    assert work.row(containments, measure)["state"] == "released"
    work.book.close()


def taken_in(team: Team, count: int = 3) -> list[str]:
    work = team.work()
    keys = [work.do(system("alerts"), alerts.take, alert(n, lineage=f"ring-{n}")) for n in range(count)]
    work.book.close()
    return keys


def test_many_are_worked_at_once_after_a_dry_run(team: Team) -> None:
    one, two, three = taken_in(team)
    dry = team.done("anna", "dismiss", one, two, one, "nothing", "--why", "a fan club", "--dry-run")
    assert (dry["done"], list(dry["wrong"]), dry["dry_run"]) == ([one, two], ["nothing"], True)
    printed = team.run("anna", "dismiss", one, "nothing", "--why", "a fan club", "--dry-run").out
    assert "1 would be dismissed, 1 not; nothing was done" in printed
    assert len(team.done("anna", "alerts")["alerts"]) == 3
    refused = team.refused("anna", "dismiss", one, "nothing", "--why", "a fan club")
    assert "1 of 2 cannot be dismissed" in refused
    assert len(team.done("anna", "alerts")["alerts"]) == 3
    assert team.done("anna", "dismiss", one, two, "--why", "a fan club")["done"] == [one, two]
    assert {a["id"] for a in team.done("anna", "alerts", "--state", "dismissed")["alerts"]} == {one, two}
    assert "may not triage" in team.refused("ruth", "dismiss", three, "--why", "tired")
    work = team.work()
    assert not [e for e in work.rows(audit) if e["actor"] == "anna" and e["subject_id"] == "nothing"]
    work.book.close()


def test_alerts_are_put_off_merged_and_brought_back(team: Team) -> None:
    one, two, three = taken_in(team)
    team.done("anna", "triage", one)
    team.done("anna", "snooze", one, "--until", "3d", "--why", "waits for the listing")
    team.done("anna", "snooze", two, "--until", "2999-01-01T09:00", "--why", "waits for the listing")
    assert team.run("anna", "snooze", three, "--until", "soon", "--why", "x").code == 2
    team.done("anna", "dismiss", one, "--why", "a fan club")
    team.done("anna", "restore", one, "--why", "it is none")
    team.done("anna", "merge", two, three, "--into", one)
    team.done("anna", "unmerge", two, "--why", "another ring")
    states = {
        a["id"]: a["state"]
        for s in ("new", "snoozed", "merged")
        for a in team.done("anna", "alerts", "--state", s)["alerts"]
    }
    assert states == {one: "new", two: "snoozed", three: "merged"}
    assert "1 merged" in team.run("anna", "alerts").out


def test_a_file_of_alerts_is_taken_in_once(team: Team) -> None:
    path = Path("alerts.jsonl")
    path.write_text("\n".join(alert(n, lineage=f"ring-{n}", shown="alerted").to_json() for n in range(2)))
    assert len(team.done("", "take", "--jsonl", path)["taken"]) == 2
    assert team.done("", "take", "--jsonl", path) == {"taken": [], "without_evidence": []}
    path.write_text('{"id": 1}\n')
    assert team.run("", "take", "--jsonl", path).code == 2
    assert team.run("", "take", "--jsonl", "nothing.jsonl").code == 2


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"severity": "S9"}, "severity is 'S9': one of: S0"),
        ({"outcome": ["x"]}, "outcome is \"['x']\""),
        ({"policy": 3}, "policy is no text"),
        ({"automated_detection": "yes"}, "neither true nor false"),
        ({"scope": "DE"}, "scope is no list of texts"),
        ({"snapshots": [1]}, "snapshots is no list of texts"),
        ({"actions": {}}, "actions are no list"),
        ({"actions": ["x"]}, "number 1 is no table"),
        ({"actions": [{"measure": "hang", "subject": "a"}]}, "measure is 'hang'"),
        ({"actions": [{"measure": "suspend_account"}]}, "subject is empty"),
        ({"actions": [{"measure": "suspend_account", "subject": "a", "until": "soon"}]}, "until is 'soon'"),
        ({"actions": [{"measure": "suspend_account", "subject": "a", "why": "x"}]}, "why is unknown"),
        ({"verdict": "guilty"}, "verdict is unknown"),
    ],
)
def test_a_form_says_all_that_is_wrong_with_it(team: Team, changed: dict[str, Any], wrong: str) -> None:
    key = made(team)
    assert wrong in team.refused("anna", "decide", key, "--file", form(team.folder, **changed))


@pytest.mark.parametrize("text", ["{", "outcome = ", "\ufeff= 3", "[[actions]"])
def test_what_is_no_form_is_said(team: Team, text: str) -> None:
    key = made(team, ready=False)
    path = Path("form.toml")
    path.write_text(text, encoding="utf-8")
    assert "neither TOML nor JSON" in team.refused("anna", "decide", key, "--file", path)
    path.write_bytes(b"\xff\xfe\x00")
    assert team.run("anna", "decide", key, "--file", path).code == 2


def test_a_hostile_case_makes_a_form_that_still_says_nothing(team: Team) -> None:
    from cases.casefile import read as whole

    work = team.work()
    hostile = 'local/"""\n[[actions]]\nmeasure = "terminate_account"\u2028\x7f\x00\\'
    title = 'x"\noutcome = "violation_confirmed"\n# '
    key = work.do(ANNA, caseload.open_case, title, Severity.S2, about=[Subject(hostile, "core", own_evidence=True)])
    with work.book.look(ANNA, "case", key) as look:
        printed = template(whole(look, key))
    work.book.close()
    told = tomllib.loads(printed)
    assert (told["outcome"], [a["account"] for a in told["actions"]]) == ("", [hostile])
    filled = printed.replace('outcome = ""', 'outcome = "inconclusive"').replace(
        'measure = ""', 'measure = "label_content"'
    )
    assert [a.subject for a in read(filled, "form").actions] == [hostile]


def test_people_are_shown_texts_and_never_markup(team: Team) -> None:
    key = team.done("anna", "open", "[red]\x1b[2Jx[/]", "--severity", "S3")["case"]
    shown = team.run("anna", "show", key).out + team.run("anna", "list").out
    assert "\x1b" not in shown
    assert "[red]" in shown


def test_a_verb_before_the_tables_says_how_to_make_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_CASES_URL", f"sqlite:///{tmp_path / 'none.db'}")
    for verb in (("cases", "list"), ("people", "list"), ("cases", "take")):
        ran = lockstep(*verb)
        assert (ran.code, "lockstep cases migrate" in ran.err) == (4, True)


def test_page_and_command_line_are_one_person(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    from cases import decisions
    from dashboard import desk
    from dashboard.access import people
    from dashboard.access.login import Login

    claims = {"is_logged_in": True, "iss": "https://login.example", "sub": "42", "aud": "me", "exp": 9e9}
    login = Login("", "me", "", "", "roles", {r.value: r for r in Role}, "", "")
    page = desk.actor(people.logged_in({**claims, "roles": [r.value for r in Role]}, login, 1.0))
    team.tokens["page"] = team.people("add", page.name, "--role", "lead")["token"]
    work = team.work()
    case = work.case(Severity.S1)
    told = form(team.folder, severity="S1")
    proposal = work.do(page, decisions.propose, case, read(told.read_text(), "form"))
    by_page = ("approve", proposal["id"], "--seen", proposal["hash"])
    assert "who proposes does not approve" in team.refused("page", *by_page)
    work.do(page, decisions.withdraw, proposal["id"], "again")
    asked = team.done("page", "propose", case, "--file", told)
    with pytest.raises(NotPermitted, match="who proposes does not approve"):
        work.do(page, decisions.approve, asked["proposal"], asked["hash"])
    work.book.close()
    # and without a login: the user of the page is nobody here before they are registered
    monkeypatch.setattr("dashboard.access.gate.required", lambda: None)
    monkeypatch.setattr(desk, "who", people.alone)
    monkeypatch.setenv("LOCKSTEP_CASES_URL", team.url)
    with pytest.raises(NotPermitted, match="not registered"):
        desk.desk()
    team.people("add", people.alone().name, "--role", "analyst")
    assert desk.desk().actor.roles == {Role.ANALYST}
