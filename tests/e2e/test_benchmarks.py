"""Benchmarks run, in their quick form, and end with one line of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(600)
def test_ingest_ends_with_its_figures(shared_data: Path) -> None:
    assert (shared_data / "cnt" / "generate.py").exists()
    done = subprocess.run(
        [sys.executable, "-m", "bench", "ingest", "--quick"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    line = json.loads(done.stdout.splitlines()[-1])
    assert line["bench"] == "ingest"
    assert {"cores", "load_before"} <= set(line["machine"])
    names = [r["name"] for r in line["results"]]
    assert "rate relative to the toolkit (now)" in names
    for result in line["results"]:
        assert set(result) == {"name", "value", "unit", "target", "met", "low", "high"}
        assert result["value"] > 0


@pytest.mark.timeout(600)
def test_neo4j_ends_with_its_figures(shared_data: Path) -> None:
    assert (shared_data.parent / "neo4j" / "naive_loader.py").exists()
    done = subprocess.run(
        [sys.executable, "-m", "bench", "neo4j", "--quick"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    line = json.loads(done.stdout.splitlines()[-1])
    assert line["bench"] == "neo4j"
    names = [r["name"] for r in line["results"]]
    assert "first load relative to the plain loader" in names
    for result in line["results"]:
        assert set(result) == {"name", "value", "unit", "target", "met", "low", "high"}
        assert result["value"] > 0
