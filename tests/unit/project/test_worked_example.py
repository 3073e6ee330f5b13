"""The worked example of docs/coordination.md is what the engine computes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from detectors.coaction.engine import search
from detectors.coaction.streams import names_of
from detectors.coaction.surprisal import Layer, Surprisal
from detectors.coaction.sweep import sweep
from detectors.coaction.terms import Terms
from tests.coactions import Event, events_of, weights

DOCS = Path(__file__).resolve().parents[3] / "docs" / "coordination.md"
ROW = re.compile(r"\| (\w) \| (m\d) \| \$(\w) \| (\d\d):(\d\d):(\d\d) \|")


@pytest.fixture(scope="module")
def text() -> str:
    """The section, its line breaks as spaces."""
    return DOCS.read_text().split("## Worked example")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def rows(text: str) -> list[Event]:
    """The table."""
    found: list[Event] = [
        (account, thing, 3600.0 * int(h) + 60 * int(m) + int(s), message)
        for account, message, thing, h, m, s in ROW.findall(text)
    ]
    assert len(found) == 7
    return found


def test_surprise_and_expectation_are_those_it_says(text: str, rows: list[Event]) -> None:
    said = " ".join(text.split())
    table = events_of(rows)
    surprisal = Surprisal([Layer("co_ticker", table, 60.0)], names_of([table]))
    pairs = surprisal.pairs(floor=0.0)
    found = {(int(u), int(v)): i for i, (u, v) in enumerate(zip(pairs.source, pairs.target, strict=True))}
    assert set(found) == {(0, 1), (0, 3), (1, 3)}
    terms = Terms(surprisal).of(0, 1)
    assert [t.thing for t in terms] == ["X", "Y"]
    for term in terms:
        assert f"surprise {term.surprise:.3f}" in said
        assert f"= {np.exp(-term.surprise):.3f}" in said
    ab, ad, bd = (found[pair] for pair in ((0, 1), (0, 3), (1, 3)))
    assert f"S = {pairs.surprise[ab]:.3f} on {pairs.occasions[ab]} occasions" in said
    assert f"λ = 2 · 4 · 2 · 2 / 49 = {surprisal.expected(pairs)[ab]:.3f}" in said
    assert pairs.surprise[ad] == pytest.approx(pairs.surprise[bd])
    assert f"surprise {pairs.surprise[ad]:.3f}; b and d as well" in said


def test_the_weights_are_those_it_says(text: str, rows: list[Event]) -> None:
    said = re.findall(r"(\w) → (\w) (\d)", text)
    assert weights(sweep(events_of(rows), 60).table()) == {(u, v): int(w) for u, v, w in said}


def test_no_ring_is_reported(rows: list[Event]) -> None:
    table = events_of(rows)
    found = search([Layer("co_ticker", table, 60.0)], names_of([table]))
    assert found.rings == []
    assert len(found.edges) == 0
