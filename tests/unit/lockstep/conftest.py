"""People at work from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.team import Team


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    monkeypatch.chdir(tmp_path)
    return Team(tmp_path)
