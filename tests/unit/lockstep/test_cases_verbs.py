"""The casebook's verbs: made, swept, and its trail held against heads that were kept elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from cases import alerts
from cases.people import system
from cases.storage.schema import audit
from tests import casework
from tests.casework import ANNA, START, alert
from tests.cli import lockstep


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    found = f"sqlite:///{tmp_path / 'cases.db'}"
    monkeypatch.setenv("LOCKSTEP_CASES_URL", found)
    return found


def test_a_casebook_is_made_before_it_is_used(url: str) -> None:
    early = lockstep("cases", "sweep")
    assert (early.code, "lockstep cases migrate" in early.err) == (4, True)
    assert lockstep("cases", "migrate").code == 0
    assert lockstep("cases", "migrate", "--json").json == {"url": url, "granted": None}
    refused = lockstep("cases", "migrate", "--grant", "app")
    assert (refused.code, "only PostgreSQL" in refused.err) == (2, True)


def test_a_sweep_says_what_it_did(url: str) -> None:
    lockstep("cases", "migrate")
    work = casework.opened(url)
    key = work.do(system("alerts"), alerts.take, alert())
    work.do(ANNA, alerts.snooze, key, START.replace(hour=12), "waits for the listing")
    work.book.close()
    swept = lockstep("cases", "sweep", "--json").json
    assert {name: ids for name, ids in swept.items() if ids} == {"woken": [key]}
    assert "woken: 0" in lockstep("cases", "sweep").out


def test_a_cut_off_end_is_found_by_the_heads(url: str, tmp_path: Path) -> None:
    lockstep("cases", "migrate")
    work = casework.opened(url)
    work.case()
    heads = tmp_path / "heads.jsonl"
    last = len(work.rows(audit))
    assert lockstep("audit", "head", "--append", heads, "--json").json["seq"] == last
    assert "cut-off end is not seen" in lockstep("audit", "verify").out
    assert lockstep("audit", "verify", "--heads", heads, "--json").json == {"wrong": [], "heads": 1}
    with work.book.database.writing() as connection:
        connection.execute(text("DROP TRIGGER audit_no_delete"))
        connection.execute(audit.delete().where(audit.c.seq > last - 2))
    work.book.close()
    found = lockstep("audit", "verify", "--heads", heads)
    assert (found.code, f"entry {last} was published and is gone" in found.err) == (6, True)
    heads.write_text("[1]\n")
    assert lockstep("audit", "verify", "--heads", heads).code == 2
