"""The allow-list as a setting: seen, checked and warned about by the verbs, and at work in ``detect``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graph.store import open_store
from lockstep.config import load
from tests.cli import lockstep
from tests.coactions import planted
from tests.stores import fill

HEAD = "kind,value,reason,until,added_by,source\n"


def day(ahead: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=ahead):%Y-%m-%d}"


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A store with a planted ring, and a configuration that names an allow-list beside it."""
    url = f"sqlite:///{tmp_path}/graph.db"
    with open_store(url, tmp_path / "data") as store:
        fill(store, planted())
    (tmp_path / "lockstep.toml").write_text('[detect]\nallow_list = "allow.csv"\n')
    monkeypatch.chdir("/")
    return ["--config", tmp_path / "lockstep.toml", "--store", url, "--data-dir", tmp_path / "data"]


def write(folder: Path, *lines: str) -> None:
    (folder / "allow.csv").write_text(HEAD + "".join(f"{line}\n" for line in lines))


def test_it_is_read_beside_the_configuration_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "l.toml"
    file.write_text('[detect]\nallow_list = "lists/allow.csv"\n')
    assert load(file, environ={}).allow_list == tmp_path / "lists" / "allow.csv"
    file.write_text('[detect]\nallow_list = ""\n')
    assert load(file, environ={}).allow_list is None
    assert load(environ={"LOCKSTEP_DETECT_ALLOW_LIST": "/a.csv"}).allow_list == Path("/a.csv")


def test_doctor_says_what_is_in_force_what_has_ended_and_what_will(tmp_path: Path, where: list[object]) -> None:
    write(
        tmp_path,
        f"ticker,BTC,daily thread,{day(200)},anna,",
        f"ticker,ETH,was a campaign,{day(-1)},anna,",
        f"ticker,SOL,still is,{day(3)},bo,",
    )
    ran = lockstep("doctor", *where)
    assert ran.code == 0, ran.err
    assert "ok       allow-list: 2 entries in force" in ran.out
    assert f"warning  allow-list: expired: ticker ETH (was a campaign; until {day(-1)})" in ran.out
    assert "line 3: renew it or take it out" in ran.out
    assert "warning  allow-list: ends within 14 days: ticker SOL" in ran.out


def test_doctor_fails_on_a_list_that_cannot_be_used_and_so_does_detect(tmp_path: Path, where: list[object]) -> None:
    write(tmp_path, f"ticker,BTC,,{day(200)},anna,")
    ran = lockstep("doctor", *where)
    assert ran.code == 4
    assert "error    allow-list: reason is missing" in ran.out
    assert "allow.csv: line 2" in ran.out
    for verb in ("detect", "config"):
        ran = lockstep(verb, *where)
        assert ran.code == 2
        assert "reason is missing" in ran.err


def test_config_explains_each_entry(tmp_path: Path, where: list[object]) -> None:
    write(
        tmp_path,
        f"group,x:a x:b,one owner,{day(20)},anna,decision 7",
        f"ticker,BTC,daily thread,{day(-5)},bo,",
    )
    ran = lockstep("config", "--explain", *where)
    assert ran.code == 0, ran.err
    assert "detect.allow_list = " in ran.out
    assert "allow.group = x:a x:b  (" in ran.out
    assert f"one owner; until {day(20)}; added by anna (decision 7)" in ran.out
    assert f"daily thread; expired {day(-5)}; added by bo" in ran.out


def test_detect_explains_what_is_allowed_and_warns_of_what_has_ended(tmp_path: Path, where: list[object]) -> None:
    members = " ".join(f"x:member{i}" for i in range(5))
    write(tmp_path, f"group,{members},one owner,{day(-1)},anna,")
    ran = lockstep("detect", *where)
    assert "1 finding among" in ran.out
    assert "allow-list entries that have expired and count no more: 1 (lockstep doctor)" in ran.err
    write(tmp_path, f"group,{members},one owner,{day(30)},anna,")
    ran = lockstep("detect", *where)
    assert "nothing flagged among" in ran.out
    assert "explained 10 pairs of accounts" in ran.out
    assert "expired" not in ran.err


def test_a_finding_is_shown_with_why_it_has_its_score(tmp_path: Path, where: list[object]) -> None:
    write(tmp_path)
    (run,) = lockstep("detect", "shilling", "--json", *where).json
    (finding,) = run["findings"]
    ran = lockstep("findings", "show", finding["id"], *where)
    assert ran.code == 0, ran.err
    assert f"score {finding['score']:.2f} (uncalibrated rank)" in ran.out
    assert "why this score" in ran.out
    assert "burst size" in ran.out
    assert "unknown: needs dates at which accounts were made" in ran.out
    total = sum(r["contribution"] for r in finding["reasons"])
    assert total >= finding["score"] - 1e-3  # explanations lower what features add up to
