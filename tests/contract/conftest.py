"""Every store under test, opened in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.store import Store
from tests.stores import STORES, Backend, declare_gaps


@pytest.fixture(params=STORES, ids=lambda backend: backend.name)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each store in turn; a gap that the test's markers declare must fail as declared."""
    chosen: Backend = request.param
    declare_gaps(request, chosen)
    return chosen


@pytest.fixture
def store(backend: Backend, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with backend.open(tmp_path) as opened:
        yield opened
