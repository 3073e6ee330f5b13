"""The dashboard's benchmark runs, in its quick form, and ends with one line of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import needs

ROOT = Path(__file__).resolve().parents[2]


@needs("chromium")
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(600)
def test_dashboard_ends_with_its_figures() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "dashboard", "--quick"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout.splitlines()[-1])
    assert line["bench"] == "dashboard"
    assert {"cores", "load_before"} <= set(line["machine"])
    found = {r["name"]: r for r in line["results"]}
    targets = {name.removeprefix("small: ").split(",")[0]: r["target"] for name, r in found.items() if r["target"]}
    assert targets == {
        "60 nodes": 1500.0,
        "click to details in 60 nodes": 400.0,
        "expand in 60 nodes": 800.0,
        "90 nodes": 5000.0,
        "3 sessions": 1000.0,
    }
    for result in line["results"]:
        assert set(result) == {"name", "value", "unit", "target", "met", "low", "high"}
        assert result["value"] > 0 or result["unit"] in {"MB", "1", "cores"}
