"""Packages from the command line: whom they are for, what stamps them, and their check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import tsa
from tests.cli import lockstep
from tests.needs import needs
from tests.team import Team


def case(team: Team) -> str:
    work = team.work()
    key = work.case()
    work.book.close()
    return key


@needs("openssl")
def test_a_package_is_stamped_where_the_settings_name_an_authority(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tsa"
    folder.mkdir()
    tsa.set_up(folder)
    key = case(team)
    monkeypatch.setenv("LOCKSTEP_CASES_TIMESTAMP_ROOTS", str(folder / "root.pem"))
    monkeypatch.setenv("LOCKSTEP_CASES_TIMESTAMP_ALLOW", "127.0.0.1")
    with tsa.served(folder) as url:
        monkeypatch.setenv("LOCKSTEP_CASES_TIMESTAMP_URL", url)
        told = team.done("anna", "package", key, "--out", "out", "--for", "the court")
    found = lockstep(
        "cases", "verify", told["package"], "--hash", told["hash"], "--root", folder / "root.pem", "--json"
    )
    assert found.json["wrong"] == []
    assert any(note.startswith("stamped 20") for note in found.json["noted"])
    late = team.run("anna", "package", key, "--out", "late")  # the authority is gone
    assert (late.code, "no time stamp" in late.err, Path("late").exists()) == (7, True, False)
    plain = team.done("anna", "package", key, "--out", "plain", "--no-stamp", "--zip")
    assert not any("stamp" in note for note in lockstep("cases", "verify", plain["package"], "--json").json["noted"])


def test_whom_a_package_is_for_decides_whether_it_leaves(team: Team) -> None:
    key = case(team)
    refused = team.run("anna", "package", key, "--out", "out", "--cleared", "GREEN")
    assert (refused.code, "TLP:AMBER" in refused.err) == (6, True)
    assert not Path("out").exists()
    told = team.done("anna", "package", key, "--out", "out", "--cleared", "AMBER", "--for", "the court")
    assert "the court" in json.dumps([dict(r) for r in _custody(team)], default=str)
    assert lockstep("cases", "verify", told["package"]).code == 0


def _custody(team: Team) -> list[dict[str, object]]:
    from cases.storage.evidence import custody

    work = team.work()
    rows = work.rows(custody)
    work.book.close()
    return rows
