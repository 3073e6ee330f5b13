"""What hangs on a case, from the command line: other teams, emergencies, evidence, and what leaves it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases import alerts, caseload
from cases.caseload import Track
from cases.lifecycles import Severity
from cases.people import system
from cases.storage.evidence import captures
from detectors.alerting.alert import alert_of
from graph.store import open_store
from tests import casework, flagged
from tests.casework import ACCOUNTS, alert
from tests.team import Team, form, made

SAY = {"question": "May we act?", "track": "platform", "jurisdictions": "DE", "snapshot": "ab" * 32}


def saying(told: dict[str, str]) -> list[str]:
    return [part for name, text in told.items() for part in ("--say", f"{name}={text}")]


def test_other_teams_are_asked_and_answer(team: Team) -> None:
    key = made(team)
    assert "question: what Legal is to say" in team.run("anna", "handoff", "desks").out
    assert team.done("anna", "handoff", "desks")["legal"]["fields"][0]["required"] is True
    assert team.run("anna", "handoff", "ask", key, "legal", "--say", "nothing").code == 2
    told = team.refused("anna", "handoff", "ask", key, "legal")
    assert "question is missing" in told
    assert "snapshot is missing" in told
    path = Path("say.toml")
    path.write_text("\n".join(f"{name} = {json.dumps(text)}" for name, text in SAY.items()), encoding="utf-8")
    first = team.done("anna", "handoff", "ask", key, "legal", "--answers", path)["handoff"]
    assert first in team.run("gale", "handoff", "list", "--team", "legal").out
    team.done("gale", "handoff", "accept", first)
    team.done("gale", "handoff", "give-back", first, "--why", "which terms?")
    team.done("anna", "handoff", "again", first, *saying({"question": "May we act on 4.2?"}))
    team.done("gale", "handoff", "answer", first, "Yes.")
    second = team.done("anna", "handoff", "ask", key, "legal", *saying(SAY), "--person", "gale")["handoff"]
    team.done("anna", "handoff", "withdraw", second, "--why", "it is answered")
    assert team.done("gale", "handoff", "list") == []
    assert {h["state"] for h in team.done("anna", "show", key)["handoffs"]} == {"answered", "withdrawn"}
    assert "Yes." in team.run("anna", "show", key).out
    for wrong in ("[1]", "a = 1", "{"):
        path.write_text(wrong, encoding="utf-8")
        assert team.run("anna", "handoff", "ask", key, "legal", "--answers", path).code == 2


def test_what_the_law_of_a_country_asks(team: Team) -> None:
    assert "ask Legal" in team.run("anna", "law", "ZZ").out
    known = team.done("anna", "law", "DE")
    assert known["notes"]
    assert known["notes"][0]["source"] in team.run("anna", "law", "de").out


def test_legal_lets_a_step_out(team: Team) -> None:
    key = made(team)
    decision = team.done("anna", "decide", key, "--file", form(team.folder))["decision"]
    assert "only Legal releases" in team.refused("lena", "let-out", key, "notice", decision, "--why", "seen")
    assert team.done("gale", "let-out", key, "notice", decision, "--why", "seen")["release"]


def test_an_emergency_from_its_declaration_to_its_review(team: Team) -> None:
    key = made(team, "S0")
    why = ("--why", "wallets are drained")
    books = team.refused("lena", "emergency", "declare", key, "nothing", *why).partition("one of: ")[2]
    emergency = team.done("lena", "emergency", "declare", key, books.split(",")[0].strip(), *why)["emergency"]
    team.done("anna", "emergency", "log", emergency, "the link is in 40 posts")
    team.done("lena", "emergency", "hand-over", emergency, "luis", "--why", "end of the shift")
    assert team.refused("luis", "emergency", "contained", emergency)
    team.done("luis", "emergency", "contained", emergency, "--left", "the site is gone")
    team.done("luis", "emergency", "resolve", emergency, "--why", "no new posts for a day")
    lacking = team.refused("luis", "emergency", "review", emergency)
    assert "the review does not say" in lacking
    work = team.work()
    names = work.book.office.review
    work.book.close()
    team.done("luis", "emergency", "review", emergency, *saying(dict.fromkeys(names, "it is said")))
    shown = team.done("anna", "show", key)
    assert [e["state"] for e in shown["emergencies"]] == ["reviewed"]
    alarm = made(team, "S0")
    false = team.done("lena", "emergency", "declare", alarm, books.split(",")[0].strip(), *why)["emergency"]
    team.done("lena", "emergency", "stand-down", false, "--why", "a test of the site's owner")
    assert len(team.done("anna", "show", alarm)["tasks"]) > 0


def test_task_lists_that_fit(team: Team) -> None:
    key = made(team, "S0")
    ran = team.run("anna", "task", key, "--template")
    assert (ran.code, "task lists added" in ran.out) == (0, True)
    assert "every task list that fits" in team.refused("anna", "task", key, "--template")


def test_what_became_of_a_suspicion_is_kept(team: Team) -> None:
    work = team.work()
    lena = casework.LENA
    key = work.do(lena, caseload.open_case, "a pump", Severity.S2, track=Track.MARKET)
    work.do(lena, caseload.grant, key, "gale")
    work.book.close()
    told = ("--breach", "artificial_price", "--for", "the price", "--against", "a listing", "--snapshot", "ab" * 32)
    assert team.done("gale", "referral", key, "not_filed", *told)["referral"]
    assert "who filed it" in team.refused("gale", "referral", key, "filed", *told)


def taken_names(file: Path) -> None:
    """Files of the names that the same would have in the next five minutes: they say the second."""
    stamp = file.stem.rpartition("-")[2]
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    for second in range(300):
        file.with_name(file.name.replace(stamp, f"{at + timedelta(seconds=second):%Y%m%dT%H%M%SZ}")).touch()


def test_what_leaves_a_case(team: Team) -> None:
    key = made(team)
    listed = team.run("anna", "exports").out
    assert "tables (.zip, AMBER)" in listed
    assert set(team.done("anna", "exports")) >= {"tables", "graphml", "stix"}
    told = team.done("anna", "export", key, "tables", "--cleared", "AMBER")
    assert Path(told["file"]).stat().st_mode & 0o077 == 0
    taken_names(Path(told["file"]))
    again = team.run("anna", "export", key, "tables")
    assert (again.code, "there already" in again.err) == (2, True)
    assert team.run("anna", "export", key, "tables", "--out", told["file"]).code == 2
    assert team.run("anna", "export", key, "tables", "--out", "no/such/folder.zip").code == 2
    team.done("lena", "mark", key, "RED", "--why", "a witness")
    assert "may be given TLP:AMBER" in team.refused("anna", "export", key, "tables", "--out", "x.zip")
    assert not Path("x.zip").exists()
    assert "may not export" in team.refused("ruth", "export", key, "tables")
    assert team.run("anna", "export", key, "nothing").code == 2
    assert "may be given TLP:AMBER+STRICT" in team.refused("gale", "package", key)
    made_ = team.done("gale", "package", key, "--zip", "--cleared", "RED", "--for", "the court")
    assert "the package is whole" in team.run("", "verify", made_["package"], "--hash", made_["hash"]).out
    assert team.done("", "verify", made_["package"])["wrong"] == []
    assert "is not the package" in team.refused("", "verify", made_["package"], "--hash", "0" * 64)
    assert team.run("", "verify", "nothing").code == 6


def test_evidence_is_frozen_from_the_store(team: Team) -> None:
    store = ("--store", "sqlite:///g.db", "--data-dir", "data")
    with open_store("sqlite:///g.db", Path("data"), create=True) as opened:
        flagged.load(opened)
        flagged.flag(opened)
        with opened.view() as view:
            found = {f.kind: f.id for f in view.findings()}
    key = made(team)
    assert team.run("anna", "snapshot", key, *store).code == 2  # it has no alert, and none is named
    told = team.done("anna", "snapshot", key, found["shilling_cluster"], found["sybil_ring"], *store)["snapshots"]
    assert len(told) == 2
    shown = team.run("anna", "evidence", told[found["shilling_cluster"]], "--why", "to decide").out
    assert "posting $XYZ within 60 s of each other" in shown
    assert "not known: tickers of more than 10,000 posts were not swept" in shown
    assert "no finding" in team.refused("anna", "snapshot", key, "nothing", *store)
    custody = team.done("anna", "show", key)["custody"]
    assert [c["event"] for c in custody] == ["collected", "collected", "accessed"]
    ring = team.work()
    shilling = alert(9, lineage="ring-9", finding=found["shilling_cluster"])
    one = ring.do(system("alerts"), alerts.take, shilling)
    two = ring.do(system("alerts"), alerts.take, alert(10, lineage="ring-10"))
    ring.book.close()
    team.done("anna", "add", key, "--alert", one, *store)
    subjects = {s["account"]: s["own_evidence"] for s in team.done("anna", "show", key)["subjects"]}
    assert subjects[flagged.ACCOUNTS[0]]
    assert not subjects[flagged.ACCOUNTS[-1]]
    lost = team.run("anna", "open", "another", "--severity", "S3", "--alert", two, *store)
    assert (lost.code, "the store has no finding" in lost.err) == (2, True)


def test_alerts_of_a_store_come_with_their_evidence(team: Team) -> None:
    store = ("--store", "sqlite:///g.db", "--data-dir", "data")
    with open_store("sqlite:///g.db", Path("data"), create=True) as opened:
        flagged.load(opened)
        found = flagged.shilling()
        told = [replace(alert_of(f, flagged.run(), "new"), shown="alerted") for f in (found, flagged.sybil())]
        with opened.writer() as writer:
            writer.add_run(flagged.run(findings=1, alerts=tuple(a.plain() for a in told)), [found])
    taken = team.done("", "take", *store)
    assert (len(taken["taken"]), len(taken["without_evidence"])) == (2, 1)
    work = team.work()
    kept = work.rows(captures)
    assert [c["finding"] for c in kept] == [found.id]
    assert json.loads(kept[0]["content"])["posts"]
    work.book.close()
    again = team.run("", "take", *store)
    assert "0 alerts taken in" in again.out


def test_people_outside_read_no_account_in_lists_and_proposals(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_PSEUDONYM_KEY", "a key of the test's own")
    title = f"posts of {ACCOUNTS[0]}"
    accounts = [part for a in ACCOUNTS for part in ("--account", a)]
    key = team.done("anna", "open", title, "--severity", "S2", *accounts)["case"]
    team.done("lena", "grant", key, "vera")
    seen = json.dumps([team.done("vera", "list"), team.done("vera", "show", key)])
    assert key in seen
    assert not [a for a in ACCOUNTS if a in seen]
    assert ACCOUNTS[0] in json.dumps(team.done("anna", "list"))
    for name in ("investigate", "ready"):
        team.done("anna", "move", key, name)
    proposal = team.done("anna", "propose", key, "--file", form(team.folder, outcome="inconclusive", actions=[]))
    assert "may not see" in team.refused("vera", "proposal", proposal["proposal"])
