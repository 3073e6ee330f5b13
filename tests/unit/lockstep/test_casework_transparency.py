"""The transparency report from the command line: whom it is for, what is given, what is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.team import Team

GIVEN = """
[identification]
service = "A crypto social network"

[[recipients]]
member_state = "DE"
average_monthly_recipients = 120000
"""
PERIOD = ("2026-01-01", "2026-12-31")


def test_a_lead_writes_it_with_what_was_given(team: Team) -> None:
    Path("given.toml").write_text(GIVEN, encoding="utf-8")
    told = team.done("lena", "transparency", *PERIOD, "--given", "given.toml", "--out", "out/2026")
    assert sorted(p.name for p in Path("out/2026").iterdir()) == told["files"]
    assert Path("out/2026/1-8-recipients.csv").read_bytes().splitlines()[1] == b"DE,120000"
    Path("given.json").write_text(json.dumps({"recipients": []}), encoding="utf-8")
    assert team.run("lena", "transparency", *PERIOD, "--given", "given.json").code == 0
    again = team.run("lena", "transparency", *PERIOD)
    assert (again.code, "there already" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("who", "given", "code", "why"),
    [
        ("anna", "", 6, "may not grant"),
        ("vera", "", 6, "a vendor takes nothing out"),
        ("lena", "[recipents]", 6, "nothing that can be given"),
        ("lena", "= 3", 2, "cannot be read"),
    ],
)
def test_what_is_refused_writes_nothing(team: Team, who: str, given: str, code: int, why: str) -> None:
    Path("given.toml").write_text(given, encoding="utf-8")
    ran = team.run(who, "transparency", *PERIOD, "--given", "given.toml", "--out", "out")
    assert (ran.code, why in ran.err, Path("out").exists()) == (code, True, False), ran.err


def test_a_folder_that_cannot_be_made_is_said(team: Team) -> None:
    Path("file").write_text("x", encoding="utf-8")
    ran = team.run("lena", "transparency", *PERIOD, "--out", "file/out")
    assert (ran.code, "cannot be written" in ran.err) == (2, True)
