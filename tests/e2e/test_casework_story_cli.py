"""One story by the command line: from a finding to a decision, an appeal and a package.

Over the demo network, whose alerts wait in its casebook; and over a small stream that the detectors watched, whose one
alert is taken in first.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cases.storage.schema import audit
from graph.findings import Priority
from tests import demonstration
from tests.cli import lockstep
from tests.receiver import receiving
from tests.team import Team

START = datetime(2026, 3, 3, 14, tzinfo=UTC)
RING = [f"local:m{i}" for i in range(6)]
TEXT = "$XYZ is about to fly, {} days left! https://moon.example/presale"


def strangers() -> list[dict[str, object]]:
    """Sixty accounts that talk about tickers whenever they like."""
    rng = random.Random(7)
    return [
        {
            "type": "posts",
            "post_id": f"n{n}",
            "account_id": f"u{n % 60}",
            "created_at": (START + timedelta(minutes=rng.randrange(3600))).isoformat(),
            "text": f"thinking about ${rng.choice(('ABC', 'DEF', 'GHI', 'JKL', 'XYZ'))} and lunch {n}",
        }
        for n in range(300)
    ]


def ring() -> list[dict[str, object]]:
    """Six accounts that post one text within seconds, six times."""
    return [
        {
            "type": "posts",
            "post_id": f"r{r}-{i}",
            "account_id": f"m{i}",
            "created_at": (START + timedelta(hours=5 * r, seconds=4 * i)).isoformat(),
            "text": TEXT.format(3 + r),
        }
        for r in range(6)
        for i in range(6)
    ]


def real(team: Team, name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """The same as a process of its own."""
    command = [sys.executable, "-m", "lockstep", "cases", *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LOCKSTEP_")} | team.env(name)
    return subprocess.run(
        command, cwd=team.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@dataclass(frozen=True)
class Story:
    """People at work, the alert that they begin with, and those of its ring with evidence of their own."""

    team: Team
    alert: str
    ring: list[str]


@pytest.fixture(params=["demo", "watched"])
def story(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    monkeypatch.chdir(tmp_path)
    if request.param == "watched":
        watched(tmp_path)
        team = Team(tmp_path)
        return Story(team, taken(team), RING)
    demo = demonstration.made(tmp_path, Priority.HIGH)
    monkeypatch.setenv("LOCKSTEP_STORE_URL", demo.store)
    monkeypatch.setenv("LOCKSTEP_STORE_DATA_DIR", str(demo.data_dir))
    team = Team(tmp_path, demo.casebook)
    (alert,) = (a["id"] for a in team.done("anna", "alerts")["alerts"] if a["finding"] == demo.ring.id)
    return Story(team, alert, demo.accounts)


def watched(tmp_path: Path) -> None:
    """A store into which the ring came after the detectors had looked once."""
    for number, rows in enumerate((strangers(), ring())):
        path = tmp_path / f"posts-{number}.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        assert lockstep("ingest", path).code == 0
        ran = lockstep("detect", "shilling", "--since", "last")
        assert ran.code == 0, ran.err
    assert "1 told" in ran.out


def taken(team: Team) -> str:
    """What the detectors told, in the casebook, once."""
    ran = real(team, "", "take", "--json")
    assert ran.returncode == 0, ran.stderr
    (alert,) = json.loads(ran.stdout)["taken"]
    assert json.loads(ran.stdout)["without_evidence"] == []
    assert team.done("", "take") == {"taken": [], "without_evidence": []}
    (waiting,) = team.done("anna", "alerts")["alerts"]
    assert waiting["id"] == alert
    return str(alert)


def decision(team: Team, case: str, snapshot: str) -> Path:
    """The form of the case, filled in by a person."""
    form = team.run("anna", "decide", case, "--template").out
    assert snapshot in form
    for name, value in (
        ("outcome", "violation_confirmed"),
        ("policy", "inauthentic promotion"),
        ("policy_version", "3"),
        ("ground", "terms"),
        ("reference", "Terms of service, section 4.2"),
    ):
        form = form.replace(f'{name} = ""', f"{name} = {json.dumps(value)}")
    form = form.replace(
        'facts = """"""', 'facts = "Accounts posted one text within seconds of each other, again and again."'
    )
    form = form.replace(
        'explanation = """"""', 'explanation = "The terms forbid promotion that hides who is behind it."'
    )
    path = team.folder / "decision.toml"
    path.write_text(form.replace('measure = ""', 'measure = "suspend_account"'), encoding="utf-8")
    return path


def answers(team: Team, name: str, known: dict[str, str]) -> list[str]:
    """What a person answers for an export: what is known by name, else the first choice, else a sentence."""
    asked = team.done("anna", "exports")[name]["asks"]
    told = {
        q["name"]: known.get(q["name"]) or (q["choices"] or ["as the case says"])[0] for q in asked if q["required"]
    }
    told |= {q["name"]: known[q["name"]] for q in asked if q["name"] in known}
    return [part for key, value in told.items() for part in ("--answer", f"{key}={value}")]


def opened(story: Story) -> tuple[str, str]:
    """From the alert to a case with its evidence frozen; gives the case and the snapshot."""
    team = story.team
    (waiting,) = (a for a in team.done("anna", "alerts")["alerts"] if a["id"] == story.alert)
    assert waiting["priority"] == "high"
    case = team.done("anna", "open", "copied posts about a coin", "--severity", "S1", "--alert", story.alert)["case"]
    (snapshot,) = team.done("anna", "snapshot", case)["snapshots"].values()
    team.done("anna", "claim", case)
    team.done("anna", "move", case, "investigate")
    shown = team.done("anna", "show", case)
    assert sorted(s["account"] for s in shown["subjects"] if s["own_evidence"]) == story.ring
    assert team.done("anna", "evidence", snapshot, "--why", "to decide")["finding"]["data_cut"] > 0
    return case, snapshot


def asked(team: Team, case: str, snapshot: str) -> None:
    """Legal is asked, and answers."""
    say = {"question": "May we act on the terms alone?", "track": "platform", "jurisdictions": "DE, FR"}
    told = [part for k, v in {**say, "snapshot": snapshot}.items() for part in ("--say", f"{k}={v}")]
    assert "question is missing" in team.refused("anna", "handoff", "ask", case, "legal", *told[2:])
    handoff = team.done("anna", "handoff", "ask", case, "legal", *told)["handoff"]
    assert "for legal to answer" in team.refused("anna", "handoff", "accept", handoff)
    assert [h["id"] for h in team.done("gale", "handoff", "list")] == [handoff]
    team.done("gale", "handoff", "accept", handoff)
    team.done("gale", "handoff", "answer", handoff, "Yes: the terms suffice, and say so in the statement.")


def decided(story: Story, case: str, snapshot: str) -> str:
    """Two people decide; gives the decision."""
    team = story.team
    team.done("anna", "move", case, "ready")
    form = decision(team, case, snapshot)
    assert "a second person must approve" in team.refused("anna", "decide", case, "--file", form)
    proposal = team.done("lena", "propose", case, "--file", form)
    seen = ("--seen", team.done("luis", "proposal", proposal["proposal"])["hash"])
    alone = real(team, "lena", "approve", proposal["proposal"], *seen)
    assert (alone.returncode, "who proposes does not approve" in alone.stderr) == (6, True), alone.stderr
    assert "a program approves nothing" in team.refused("bot", "approve", proposal["proposal"], *seen)
    made: str = team.done("luis", "approve", proposal["proposal"], *seen)["decision"]
    assert len(team.done("anna", "enforce", case)["actions"]) == len(story.ring)
    return made


def told(story: Story, case: str) -> None:
    """The statement to each user, and the record for the Commission, which names nobody; they are two things."""
    team, ring = story.team, story.ring
    known = {
        "account": ring[0],
        "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        "keywords": "KEYWORD_INAUTHENTIC_ACCOUNTS",
        "content_type": "CONTENT_TYPE_TEXT",
        "source_type": "SOURCE_VOLUNTARY",
    }
    files = {}
    for name in ("dsa_statement", "dsa_record"):
        asked_for = {k: v for k, v in known.items() if name == "dsa_record" or k != "account"}
        files[name] = Path(team.done("anna", "export", case, name, *answers(team, name, asked_for))["file"])
        assert files[name].stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(files["dsa_statement"]) as archive:
        letters = {name: archive.read(name).decode() for name in archive.namelist()}
    for account in ring:
        (one,) = (text for name, text in letters.items() if name.endswith(".txt") and account in text)
        assert "section 4.2" in one
        assert not [other for other in ring if other != account and other in one]
    record = files["dsa_record"].read_text(encoding="utf-8")
    rows = [row for line in record.splitlines() for row in json.loads(line)["statements"]]
    assert len({r["puid"] for r in rows}) == len(rows) > 0
    assert {r["automated_decision"] for r in rows} == {"AUTOMATED_DECISION_NOT_AUTOMATED"}
    assert not any(account in record or f'"{account.partition(":")[2]}"' in record for account in ring)


def reversed_by_a_third(story: Story, case: str, made: str) -> None:
    """An appeal, reversed by somebody who neither made nor approved the decision, with the approval of another."""
    team = story.team
    appeal = team.done("ruth", "appeal", "receive", made, "--by", story.ring[0], "--text", "We are one shop.")["appeal"]
    team.done("ruth", "appeal", "acknowledge", appeal)
    assert "luis decided it" in team.refused("ruth", "appeal", "assign", appeal, "luis")
    team.done("ruth", "appeal", "assign", appeal, "ruth")
    how = ("--outcome", "reversed", "--why", "one shop's staff, disclosed in its profile")
    asked_ = team.done("ruth", "appeal", "propose", appeal, *how)
    seen = ("--seen", asked_["hash"])
    for who in ("lena", "luis"):
        assert "who decided it before" in team.refused(who, "approve", asked_["proposal"], *seen)
    team.done("polly", "approve", asked_["proposal"], *seen)
    shown = team.done("anna", "show", case)
    assert shown["case"]["outcome"] == "no_violation"
    assert {a["state"] for a in shown["actions"]} == {"reversed"}


def packed(team: Team, case: str) -> None:
    """The package is whole; with one byte changed it is not."""
    made = team.done("anna", "package", case, "--out", "out")
    package, seal = Path(made["package"]), made["hash"]
    whole = real(team, "", "verify", package, "--hash", seal)
    assert (whole.returncode, "the package is whole" in whole.stdout) == (0, True), whole.stderr
    for path in sorted(p for p in package.rglob("*") if p.is_file()):
        kept = path.read_bytes()
        middle = len(kept) // 2
        path.write_bytes(kept[:middle] + bytes([(kept[middle] if kept else 0) ^ 1]) + kept[middle + 1 :])
        assert lockstep("cases", "verify", package, "--hash", seal).code == 6, path
        path.write_bytes(kept)
    assert lockstep("cases", "verify", package, "--hash", seal).code == 0


def test_from_a_finding_to_a_package_that_stands(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    team = story.team
    case, snapshot = opened(story)
    asked(team, case, snapshot)
    made = decided(story, case, snapshot)
    told(story, case)
    monkeypatch.setenv("LOCKSTEP_WEBHOOK_KEY", "a key of the test's own")
    monkeypatch.setenv("LOCKSTEP_CASES_WEBHOOK_ALLOW", "127.0.0.1")
    with receiving() as server:
        monkeypatch.setenv("LOCKSTEP_CASES_WEBHOOK", server.url)
        before = team.done("", "deliver")["sent"]
        reversed_by_a_third(story, case, made)
        after = team.done("", "deliver")["sent"]
    topics = [json.loads(body)["topic"] for _, _, body in server.got]
    assert (topics.count("enforce"), topics.count("reverse")) == (len(story.ring), len(story.ring))
    assert len(topics) == before + after
    packed(team, case)
    whole(team, case)


def whole(team: Team, case: str) -> None:
    """The trail is whole, and says who did and who read what."""
    work = team.work()
    assert work.wrong() == []
    entries: list[dict[str, Any]] = work.rows(audit)
    work.book.close()
    did = {(e["actor"], e["action"]) for e in entries}
    for entry in (
        ("system:alerts", "raise"),
        ("anna", "open"),
        ("gale", "answer"),
        ("lena", "propose"),
        ("luis", "approve"),
        ("polly", "approve"),
        ("anna", "export"),
        ("system:outbox", "deliver"),
    ):
        assert entry in did
    assert ("anna", "read", case) in {(e["actor"], e["action"], e["subject_id"]) for e in entries}
