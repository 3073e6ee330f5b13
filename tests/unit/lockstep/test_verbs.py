"""What verbs make of odd input, each of which once was a crash."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import detectors.run as running
from detectors.base import Detector
from graph.errors import ConfigError
from graph.findings import Priority
from lockstep.verbs.detect import moment
from tests.cli import lockstep
from tests.stores import finding

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def made(folder: Path) -> list[object]:
    """Options that name a store, which is there."""
    where: list[object] = ["--store", f"sqlite:///{folder}/new.db", "--data-dir", folder / "data"]
    assert lockstep("migrate", *where).code == 0
    return where


@pytest.mark.parametrize(
    "text", ["soon", "9999999d", "99999999999d", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-02:00"]
)
def test_a_time_that_is_none_is_said(text: str) -> None:
    with pytest.raises(ConfigError, match="is no time"):
        moment(text, "--since", NOW)


def test_a_data_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    where = made(tmp_path)
    (tmp_path / "file").write_text("in the way")
    ran = lockstep("detect", *where[:2], "--data-dir", tmp_path / "file")
    assert ran.code == 2
    assert "the data folder cannot be used" in ran.err


def test_a_demo_does_not_overwrite_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    ran = lockstep("demo", "--out", tmp_path / "file")
    assert ran.code == 2
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize("window", ["inf", "1e300", "1e12"])
def test_a_window_longer_than_any_data_is_refused(tmp_path: Path, window: str) -> None:
    where = made(tmp_path)
    ran = lockstep("network", "--action", "co_text", "--window", window, "--out", tmp_path / "x.csv", *where)
    assert ran.code == 2
    assert "a window of" in ran.err


class Said(Detector):
    """Flags one thing."""

    name, version, kinds, about, params = "said", "1", ("shilling_cluster",), "Says.", ()

    def detect(self, *_: Any) -> Any:
        return [finding(detector="said", priority=Priority.HIGH)]


def test_a_shadow_is_shown_as_one_and_fails_no_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "discover", lambda: {"said": Said()})
    monkeypatch.setattr("lockstep.parameters.discover", lambda: {"said": Said()})
    where = made(tmp_path)
    assert lockstep("detect", "--shadow", "said", "--fail-on", "low", *where).code == 0
    assert lockstep("findings", "list", *where).out.splitlines()[0].endswith("shadow")
    assert lockstep("detect", "said", "--fail-on", "low", *where).code == 10


def test_a_fault_of_the_program_is_one_paragraph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("ingest.load.load", fail)
    monkeypatch.chdir(tmp_path)
    ran = lockstep("ingest", "posts.jsonl")
    assert ran.code == 1
    assert "unexpected ZeroDivisionError: by nothing" in ran.err
    assert "Traceback" not in ran.err


def test_an_interruption_says_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.load.load", stop)
    monkeypatch.chdir(tmp_path)
    ran = lockstep("ingest", "posts.jsonl")
    assert ran.code == 130
    assert "what was committed stays" in ran.err
