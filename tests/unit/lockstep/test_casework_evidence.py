"""Evidence from the command line: who held it, whether it is as it was written, and what is kept from expiring."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from cases import alerts, caseload
from cases.evidence import capture, snapshots
from cases.lifecycles import Severity
from cases.people import system
from cases.storage.evidence import captures
from graph.store import open_store
from tests import flagged
from tests.casework import ANNA, alert
from tests.team import Team

RING = flagged.shilling()


@pytest.fixture
def kept(team: Team) -> tuple[str, str, str]:
    """An alert with its content captured, a case of it, and the case's snapshot."""
    work = team.work()
    with open_store("sqlite:///g.db", Path("data"), create=True) as store:
        flagged.load(store)
        flagged.flag(store)
        with store.view() as view:
            one = work.do(system("alerts"), alerts.take, alert(finding=RING.id, lineage=RING.lineage_id))
            work.do(system("alerts"), capture.capture, one, view, RING)
            case_id = work.do(ANNA, caseload.open_case, "copied posts", Severity.S2, alert_ids=[one])
            sha = work.do(ANNA, snapshots.freeze, case_id, view, RING.id)
    work.book.close()
    return one, case_id, sha


def test_who_held_it_is_said_and_that_it_was_looked_into(team: Team, kept: tuple[str, str, str]) -> None:
    _, case_id, sha = kept
    shown = team.run("ruth", "custody", case_id, "--why", "before the hearing").out
    assert "all is as it was written" in shown
    told = team.done("ruth", "custody", case_id, "--why", "again")
    assert told["wrong"] == []
    assert [(r["event"], r["who"], r["item"]) for r in told["custody"]] == [
        ("collected", "anna", sha),
        ("verified", "ruth", sha),
        ("verified", "ruth", sha),
    ]
    assert "no case" in team.refused("vera", "custody", case_id, "--why", "curious")


def test_what_is_not_as_it_was_written_is_said(team: Team, kept: tuple[str, str, str]) -> None:
    _, case_id, sha = kept
    work = team.work()
    with work.book.database.writing() as connection:
        connection.execute(text("DROP TRIGGER snapshots_no_update"))
        connection.execute(text("UPDATE snapshots SET content = replace(content, 'moon_0', 'moon_9')"))
    work.book.close()
    ran = team.run("anna", "custody", case_id, "--why", "before the hearing")
    assert ran.code == 6
    assert f"snapshot {sha} was changed" in ran.out
    assert "1 things are not as they were written" in ran.err


def test_what_is_held_is_kept_until_a_lead_ends_it(team: Team, kept: tuple[str, str, str]) -> None:
    one, _, _ = kept
    assert team.done("anna", "hold", one, "--why", "a court asked") == {"alert": one, "held": True, "captures": 1}
    assert "may not grant" in team.refused("anna", "hold", one, "--end", "--why", "done")
    assert "1 captures are no longer held" in team.run("lena", "hold", one, "--end", "--why", "done").out
    work = team.work()
    assert [r["held"] for r in work.rows(captures)] == [False]
    work.book.close()
