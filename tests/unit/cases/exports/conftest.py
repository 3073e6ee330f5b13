"""One case for the tests of exports that only read it."""

from __future__ import annotations

import pytest

from cases.caseload import Track
from cases.exports.base import Material
from tests import exporting


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """A case of the platform's rules with one snapshot."""
    return exporting.material(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """A case of the market track whose evidence has wallets and transactions."""
    held = (exporting.snapshot(exporting.paid()),)
    return exporting.material(tmp_path_factory.mktemp("market"), track=Track.MARKET, snapshots=held)
