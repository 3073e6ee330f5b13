"""Third parties' detectors and formats: found by their entry point, and named where they do not work."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from detectors.base import Detector, discover
from graph.errors import ConfigError
from ingest.formats.base import discover as formats


class Theirs(Detector):
    """Finds nothing."""

    name, version, kinds, about, params = "theirs", "1", ("shilling_cluster",), "Finds nothing.", ()

    def detect(self, *_: Any) -> Any:
        return []


class Same(Theirs):
    """Has the name of ours."""

    name = "shilling"


class Broken(Theirs):
    """Cannot be made."""

    def __init__(self) -> None:
        raise ZeroDivisionError


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Installs an entry point of this value."""

    def install(value: str) -> None:
        points = EntryPoints([EntryPoint("theirs", value, "lockstep.detectors")])
        monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points.select(group=group))

    return install


def test_a_format_that_does_not_work_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    points = EntryPoints([EntryPoint("theirs", "no_such_module_here:Theirs", "lockstep.formats")])
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points.select(group=group))
    with pytest.raises(ConfigError, match=r"lockstep\.formats: no_such_module_here:Theirs: 'theirs' cannot be loaded"):
        formats()


def test_a_third_partys_detector_is_found(plug: Any) -> None:
    plug(f"{__name__}:Theirs")
    assert [*discover()] == ["pump", "shilling", "sybil", "theirs"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("no_such_module_here:Theirs", "'theirs' cannot be loaded: ModuleNotFoundError"),
        (f"{__name__}:Broken", "'theirs' cannot be loaded: ZeroDivisionError"),
        (f"{__name__}:Same", "two detectors are named 'shilling'"),
    ],
)
def test_one_that_does_not_work_is_named(plug: Any, value: str, words: str) -> None:
    plug(value)
    with pytest.raises(ConfigError, match=words):
        discover()
