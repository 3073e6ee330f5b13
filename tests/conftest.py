"""Settings and fixtures that all tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:  # most tests need neither the server nor its driver
    from tests.server import Neo4jServer

settings.register_profile(
    "suite", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The data to evaluate with, beside the checkout; CI has it and must not skip."""
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{SHARED} is missing: CI must have it")
        pytest.skip("the evaluation data is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def neo4j_server() -> Neo4jServer:
    """A real Neo4j server of this pytest process's own, started for the first test that asks; who writes wipes."""
    from tests.server import shared

    return shared()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own LOCKSTEP_* variables change no test, and no lot does."""
    for name in [n for n in os.environ if n.startswith("LOCKSTEP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LOCKSTEP_CASES_RELEASE_SHARE", "0")  # nothing waits by lot where no test asks for it


@pytest.fixture(autouse=True)
def _main_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that Streamlit ran as the main module is not what new processes begin with."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


EXPECTED_SKIPS_IN_CI = 0


def pytest_unconfigure() -> None:
    """End the servers that were started."""
    for name in ("tests.server", "tests.postgres"):
        if name in sys.modules:
            sys.modules[name].end_shared()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI no skip goes unnoticed: the run fails if their number is not the expected one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None or hasattr(session.config, "workerinput"):
        return
    skipped = len(reporter.stats.get("skipped", ()))
    if skipped != EXPECTED_SKIPS_IN_CI and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{skipped} tests skipped in CI, {EXPECTED_SKIPS_IN_CI} expected", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
