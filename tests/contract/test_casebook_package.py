"""A case taken out as a package: who may, what is written down, and what it is; over each database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from cases import caseload
from cases.audit import Head
from cases.evidence import custody as chain
from cases.exports.stix import NONE
from cases.lifecycles import Severity
from cases.package.build import build
from cases.package.verify import seal, verify
from cases.people import Actor
from cases.privacy import tlp
from cases.privacy.tlp import Tlp
from cases.roles import Role
from cases.storage.evidence import custody
from cases.storage.schema import audit
from graph.errors import CaseError, DeliveryError, LockstepError, NotPermitted, StaleCase
from graph.store import View
from tests import packages
from tests.casework import ANNA, BOT, LENA, RUTH, VERA, Work

LOIS = Actor("lois", frozenset({Role.LEGAL}))


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    with packages.graph(tmp_path) as opened:
        yield opened


def taken_out(work: Work) -> list[dict[str, Any]]:
    return [r for r in work.rows(audit) if r["action"] == "export"]


def test_a_case_is_taken_out_and_that_it_was_is_written_down(work: Work, view: View, tmp_path: Path) -> None:
    case_id = packages.whole_case(work, view)
    made = build(work.book, ANNA, case_id, tmp_path / "out", recipient="the public prosecutor")
    assert made.name == f"case-{case_id}-20260302T091000Z"
    assert verify(made, expected=seal(made)) == []
    entry = orjson.loads(taken_out(work)[0]["detail"])
    assert (entry["sha256"], entry["recipient"], entry["tlp"]) == (seal(made), "the public prosecutor", "TLP:AMBER")
    last = work.rows(custody)[-1]
    assert (last["event"], last["item"], last["who"]) == ("exported", seal(made), "anna")
    assert chain.wrong(sorted(work.rows(custody), key=lambda r: r["seq"])) == []
    told = json.loads((made / "data/case.json").read_text())["audit"]
    assert work.wrong(Head(told["seq"], told["hash"])) == []
    work.clock.later(minutes=1)
    again = build(work.book, LENA, case_id, tmp_path / "out", zipped=True)
    assert verify(again, expected=seal(again)) == []
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted([made.name, again.name])
    assert seal(made).encode() in again.read_bytes()  # its custody record tells of the one before


def test_a_package_is_the_casebook_as_it_is(work: Work, view: View, tmp_path: Path) -> None:
    case_id = packages.whole_case(work, view)
    data = build(work.book, ANNA, case_id, tmp_path / "out") / "data"
    told = json.loads((data / "case.json").read_text())
    for part in ("subjects", "alerts", "notes", "tasks", "proposals", "actions", "appeals", "containments", "access"):
        assert isinstance(told[part], list), part
    assert [a["state"] for a in told["appeals"]] == ["upheld"]
    assert len(list(data.glob("decisions/*.json"))) == 1
    assert len((data / "posts.jsonl").read_text().split("\n")) == 49
    entries = [json.loads(line) for line in (data / "audit.jsonl").read_text().split("\n")[:-1]]
    kept = {r["seq"]: r["hash"] for r in work.rows(audit)}
    assert all(kept[e["seq"]] == e["hash"] for e in entries)
    assert {"open", "propose", "approve", "enforce", "freeze", "receive", "uphold"} <= {e["action"] for e in entries}
    page = (data / "dossier.html").read_text()
    assert "<script" not in page.replace("&lt;script", "")


@pytest.mark.parametrize(
    ("actor", "why"),
    [(VERA, "vendor takes nothing out"), (RUTH, "may not export"), (Actor("aud", frozenset({Role.AUDITOR})), "export")],
)
def test_who_may_not_take_data_out_takes_no_case_out(work: Work, tmp_path: Path, actor: Actor, why: str) -> None:
    case_id = work.case()
    work.do(LENA, caseload.grant, case_id, actor.name)
    with pytest.raises(NotPermitted, match=why):
        build(work.book, actor, case_id, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert taken_out(work) == []


def test_a_case_one_may_not_know_of_is_not_there(work: Work, tmp_path: Path) -> None:
    case_id = work.case(by=LENA, restricted=True, track=caseload.Track.MARKET)
    for wanted in (case_id, "nothing"):
        with pytest.raises(CaseError, match=f"no case '{wanted}'"):
            build(work.book, ANNA, wanted, tmp_path / "out")
    work.do(LENA, caseload.grant, case_id, "lois")
    assert verify(build(work.book, LOIS, case_id, tmp_path / "out")) == []


def test_a_mark_stricter_than_the_recipients_keeps_it_in(work: Work, tmp_path: Path) -> None:
    case_id = work.case()
    work.do(ANNA, tlp.mark, case_id, Tlp.RED, "names a source")
    with pytest.raises(NotPermitted, match="TLP:RED"):
        build(work.book, ANNA, case_id, tmp_path / "out")
    with pytest.raises(NotPermitted, match="TLP:RED"):
        build(work.book, ANNA, case_id, tmp_path / "out", recipient_tlp=Tlp.GREEN)
    assert taken_out(work) == []
    made = build(work.book, ANNA, case_id, tmp_path / "out", recipient_tlp=Tlp.RED)
    assert "TLP:RED" in (made / "bag-info.txt").read_text()
    assert (made / "data/dossier.html").read_text().count("TLP:RED") >= 3


def test_a_snapshot_that_was_changed_is_not_taken_out(work: Work, view: View, tmp_path: Path) -> None:
    case_id = packages.whole_case(work, view)
    with work.book.database.writing() as connection:
        past = "DROP TRIGGER snapshots_no_update"
        if work.book.database.kind == "postgresql":
            past = "ALTER TABLE snapshots DISABLE TRIGGER ALL"
        connection.execute(text(past))
        connection.execute(text("UPDATE snapshots SET content = replace(content, 'shilling', 'courtesy')"))
    with pytest.raises(CaseError, match="its hash is another"):
        build(work.book, ANNA, case_id, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert taken_out(work) == []


def test_nothing_is_written_down_where_no_package_can_be(work: Work, tmp_path: Path) -> None:
    case_id = work.case()
    made = build(work.book, ANNA, case_id, tmp_path / "out")
    before = (seal(made), len(taken_out(work)))
    with pytest.raises(CaseError, match="something of this name"):
        build(work.book, ANNA, case_id, tmp_path / "out")

    def stamp(tags: bytes) -> bytes:
        raise DeliveryError("no time stamp", "https://tsa.example")

    work.clock.later(minutes=1)
    with pytest.raises(LockstepError, match="no time stamp"):
        build(work.book, ANNA, case_id, tmp_path / "out", stamp=stamp)
    assert (seal(made), len(taken_out(work))) == before
    assert [p.name for p in (tmp_path / "out").iterdir()] == [made.name]


def test_a_case_that_changes_meanwhile_is_not_taken_out(work: Work, tmp_path: Path) -> None:
    case_id = work.case()

    def stamp(tags: bytes) -> bytes:
        work.do(ANNA, caseload.grade, case_id, Severity.S3, "smaller than it looked")
        return b"token"

    with pytest.raises(StaleCase, match="while the package was made"):
        build(work.book, ANNA, case_id, tmp_path / "out", stamp=stamp)
    assert not (tmp_path / "out").exists()
    assert taken_out(work) == []


def test_drafts_are_what_can_be_made_for_this_case_and_the_dossier_says_what_cannot(
    work: Work, view: View, tmp_path: Path
) -> None:
    case_id = packages.whole_case(work, view)
    told = {"stix": {"techniques": NONE}}
    data = build(work.book, ANNA, case_id, tmp_path / "out", answers=told) / "data"
    drafts = json.loads((data / "case.json").read_text())["drafts"]
    assert drafts["made"] == sorted(p.name for p in (data / "drafts").iterdir())
    assert {"graphml.graphml", "stix.json", "tables.zip"} <= set(drafts["made"])
    assert "why is not answered" in drafts["not made"]["sar"]
    assert "stor" not in {*drafts["made"], *drafts["not made"]}  # it is of the other track
    work.do(ANNA, tlp.mark, case_id, Tlp.AMBER_STRICT, "names a source")
    work.clock.later(minutes=1)
    data = build(work.book, ANNA, case_id, tmp_path / "out", answers=told) / "data"
    assert "TLP:AMBER+STRICT" in json.loads((data / "case.json").read_text())["drafts"]["not made"]["stix"]


def test_an_open_case_without_anything_is_a_package_too(work: Work, tmp_path: Path) -> None:
    case_id = work.do(ANNA, caseload.open_case, "just opened", Severity.S3)
    made = build(work.book, ANNA, case_id, tmp_path / "out")
    assert verify(made) == []
    page = (made / "data/dossier.html").read_text()
    for said in (
        "Nothing is decided.",
        "No snapshot of evidence is kept",
        "None was received.",
        "Flagged is not guilty",
    ):
        assert said in page


def test_what_a_program_took_out_is_said_to_be_by_a_program(work: Work, tmp_path: Path) -> None:
    case_id = work.case()
    build(work.book, BOT, case_id, tmp_path / "out")
    assert taken_out(work)[0]["kind"] == "service"
