"""The wheel holds the seven packages with their data files, nothing else, and shadows no other distribution."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from streamlit.components.v2.manifest_scanner import scan_component_manifests

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = {"ingest", "graph", "detectors", "cases", "governance", "dashboard", "lockstep"}


def test_the_wheel_has_the_seven_packages_and_their_data(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        ".",
    ]
    subprocess.run([*command, "--disable-pip-version-check"], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {n.split("/")[0] for n in names if ".dist-info/" not in n} == PACKAGES
    assert any(n.startswith("graph/stores/sql/migrations/") for n in names)
    assert {"dashboard/canvas/pyproject.toml", "dashboard/canvas/assets/canvas.js"} <= {*names}
    assert {"vis-network.min.js", "LICENSE.txt"} == {Path(n).name for n in names if "/assets/vis/" in n}
    assert not [n for n in names if n.startswith(("tests/", "bench/"))]


def test_streamlit_finds_the_graph_component_in_what_is_installed() -> None:
    found = {
        f"{manifest.name}.{part.name}": part.resolve_asset_root(root)
        for manifest, root in scan_component_manifests()
        for part in manifest.components
    }
    folder = found["lockstep-graph.canvas"]
    assert folder is not None
    assert {"canvas.js", "vis"} <= {p.name for p in folder.iterdir()}
    assert "@license" in (folder / "vis" / "LICENSE.txt").read_text(encoding="utf-8")


def test_no_other_distribution_supplies_one_of_the_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for package in PACKAGES:
        assert set(owners.get(package, ["lockstep-graph"])) == {"lockstep-graph"}


def test_it_can_not_be_uploaded_by_accident() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "Private :: Do Not Upload" in project["classifiers"]


def test_no_module_of_the_dashboard_has_the_name_of_a_package() -> None:
    names = {p.stem for p in (ROOT / "dashboard").iterdir()}
    assert not names & (PACKAGES - {"dashboard"})
