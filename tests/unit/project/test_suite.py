"""The suite's own promises: nothing is skipped unnoticed in CI, and what is missing is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("ci", "code"), [(True, 1), (False, 0)])
def test_a_skip_fails_the_run_in_ci_alone(ci: bool, code: int, tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(
        "import pytest\ndef test_runs(): pass\n@pytest.mark.skip(reason='no reason')\ndef test_skips(): pass\n"
    )
    environment = {k: v for k, v in os.environ.items() if k not in {"CI", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"}}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "--rootdir",
        str(tmp_path),
    ]
    done = subprocess.run(
        [*command, str(tmp_path)],
        cwd=tmp_path,
        env=environment | ({"CI": "true"} if ci else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert ("1 tests skipped in CI, 0 expected" in done.stdout) == ci


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_a_missing_system_package_is_named_with_its_command(ci: str, code: int, tmp_path: Path) -> None:
    for name in ("sh", "id"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "requirements" / "system")],
        env={"PATH": str(tmp_path), "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert "sudo apt-get install chromium" in done.stderr


def test_a_python_that_is_too_old_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    venv = subprocess.run(
        ["/bin/sh", str(ROOT / "requirements" / "venv"), str(old), str(tmp_path / "venv")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert venv.returncode == 2
    assert "Python 3.11 or later" in venv.stderr
    found = subprocess.run(
        ["/bin/sh", str(ROOT / "requirements" / "python")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "needs Python 3.11 or later" in found.stderr
