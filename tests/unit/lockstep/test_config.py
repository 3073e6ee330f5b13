"""Settings: precedence, origins, and errors that name the nearest known thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockstep.config import SettingsError, load


def test_defaults_say_that_they_are_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(environ={})
    assert (settings.store_url, settings.platform) == ("sqlite:///lockstep.db", "local")
    assert settings.data_dir == Path("lockstep-data")
    assert {o.source for o in settings.values.values()} == {"default"}
    assert settings.pseudonym_key is None


def test_options_win_over_environment_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lockstep.toml").write_text(
        '[store]\nurl = "sqlite:///file.db"\ndata_dir = "file"\n[ingest]\nplatform = "file"\n'
    )
    environ = {"LOCKSTEP_STORE_URL": "sqlite:///env.db", "LOCKSTEP_INGEST_PLATFORM": "env"}
    settings = load(environ=environ, options={"ingest.platform": "option", "store.url": None})
    assert (settings.store_url, str(settings.data_dir), settings.platform) == ("sqlite:///env.db", "file", "option")
    assert [settings.values[n].source for n in ("store.url", "store.data_dir", "ingest.platform")] == [
        "LOCKSTEP_STORE_URL",
        "lockstep.toml",
        "command line",
    ]


def test_paths_in_a_file_start_at_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "etc" / "own.toml"
    file.parent.mkdir()
    file.write_text('[store]\nurl = "sqlite:///graph.db"\ndata_dir = "data"\n')
    settings = load(environ={"LOCKSTEP_CONFIG": str(file)})
    assert settings.store_url == f"sqlite:///{file.parent}/graph.db"
    assert settings.data_dir == file.parent / "data"
    file.write_text('[store]\nurl = "neo4j://localhost:7687"\ndata_dir = "/var/lib/x"\n')
    settings = load(file, environ={})
    assert (settings.store_url, str(settings.data_dir)) == ("neo4j://localhost:7687", "/var/lib/x")


def test_detector_parameters_from_file_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "l.toml"
    file.write_text("[detectors.shilling]\nwindow = 30\n")
    settings = load(
        file, environ={"LOCKSTEP_DETECTORS__SHILLING__WINDOW": "45.5", "LOCKSTEP_DETECTORS__OTHER__MODE": "a b"}
    )
    assert settings.detector("shilling") == {"window": 45.5}
    assert settings.detector("other") == {"mode": "a b"}
    assert settings.detectors() == {"shilling", "other"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[store]\nulr = "x"', "did you mean 'store.url'"),
        ('[stroe]\nurl = "x"', "did you mean 'store'"),
        ("[store]\nurl = 3", "not text"),
        ("url = 3", "unknown setting 'url'"),
        ("[detectors]\nshilling = 3", r"write \[detectors.shilling\]"),
        ("[store", "cannot be read"),
    ],
)
def test_wrong_files_are_explained(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "l.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message) as caught:
        load(file, environ={})
    assert str(file) in str(caught.value)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load(tmp_path / "absent.toml", environ={})


def test_unknown_variables_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="did you mean 'LOCKSTEP_STORE_URL'"):
        load(environ={"LOCKSTEP_STORE_UR": "x"})


def test_secrets_are_kept_apart_and_must_be_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(environ={"LOCKSTEP_PSEUDONYM_KEY": "k" * 16})
    assert settings.pseudonym_key == b"k" * 16
    assert not any("k" * 16 in str(o.value) for o in settings.values.values())
    with pytest.raises(SettingsError, match="shorter than 16") as caught:
        load(environ={"LOCKSTEP_PSEUDONYM_KEY": "hunter2"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("value", ["yes", "ON", ""])
def test_a_value_that_is_none_of_the_few_is_explained(value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="write one of: off, on") as caught:
        load(environ={"LOCKSTEP_STORE_WRITE_BACK": value})
    assert "LOCKSTEP_STORE_WRITE_BACK" in str(caught.value)
    file = tmp_path / "l.toml"
    file.write_text(f'[store]\nwrite_back = "{value}"\n')
    with pytest.raises(SettingsError, match="write one of: off, on") as caught:
        load(file, environ={})
    assert str(file) in str(caught.value)
    assert not load(environ={}).write_back
    assert load(environ={"LOCKSTEP_STORE_WRITE_BACK": "on"}).write_back
