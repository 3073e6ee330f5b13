"""Every store and every casebook under test, each in a place of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.store import Store
from tests import casework
from tests.casework import Work
from tests.postgres import needs_postgres
from tests.stores import STORES, Backend, declare_gaps

CASEBOOKS = [pytest.param("sqlite"), pytest.param("postgresql", marks=needs_postgres())]


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


@pytest.fixture(params=CASEBOOKS)
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Work]:
    """An empty casebook whose clock stands still; its trail is whole at the end."""
    opened = casework.opened(casework.sqlite_url(tmp_path) if request.param == "sqlite" else casework.postgres_url())
    yield opened
    assert opened.wrong() == []
    opened.book.close()
