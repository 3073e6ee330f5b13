"""Imports go one way; the contracts notice when an arrow is broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LINT = Path(sys.executable).parent / "lint-imports"
PACKAGES = ("ingest", "graph", "detectors", "cases", "governance", "dashboard", "lockstep")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_arrows_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("graph/model.py", "import ingest.records"),
        ("ingest/records.py", "import detectors.base"),
        ("detectors/base.py", "import ingest.records"),
        ("lockstep/config.py", "import graph.errors"),
        ("graph/store.py", "import streamlit"),
        ("detectors/base.py", "import pyvis"),
        ("ingest/records.py", "import neo4j"),
        ("graph/model.py", "import sqlite3"),
    ],
)
def test_a_broken_arrow_is_noticed(copy: Path, module: str, line: str) -> None:
    path = copy / module
    path.write_text(path.read_text() + f"\n{line}\n")
    done = lint(copy)
    assert done.returncode != 0
    assert "BROKEN" in done.stdout
