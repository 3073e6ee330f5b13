"""A picture through time: what a span leaves of it, told the same in the browser's data and in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dashboard.canvas import commands as c
from dashboard.canvas.film import film
from dashboard.canvas.scene import Player
from graph.model import NodeRef, NodeType
from graph.store import View, open_store
from tests import flagged
from tests.unit.dashboard.canvas.test_scene import OPEN, fill, play

SPAN = c.Between(flagged.START, flagged.START + timedelta(seconds=10))  # three accounts of eight
DEVICE = c.Add((NodeRef(NodeType.IDENTIFIER, "device:d7"),))  # who uses it has no time


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    folder = tmp_path_factory.mktemp("film")
    with open_store(f"sqlite:///{folder / 'graph.db'}", folder) as store:
        fill(store)
        with store.view() as view:
            yield view


def test_a_span_shows_what_the_film_has_in_it(view: View) -> None:
    whole, cut = play(view, OPEN), play(view, OPEN, SPAN)
    made = film(cut, Player(view))
    assert made == film(whole, Player(view)), "a film is of all times, whatever the picture's span"
    low, high = (at.timestamp() for at in (SPAN.start, SPAN.end) if at)
    inside = {e["id"] for e in made.edges if any(low <= t < high for t in e["times"])}
    assert len(inside) == len(cut.lines) < len(whole.lines) == len(made.edges)
    assert sum(len(e["times"]) for e in made.edges) + made.undated == made.moments


def test_what_a_span_leaves_out_is_said(view: View) -> None:
    cut = play(view, OPEN, DEVICE, SPAN)
    said = film(cut, Player(view)).left_out(cut)
    assert f"{len(cut.lines)} of {len(play(view, OPEN, DEVICE).lines)} lines" in said
    assert "; 3 of them have no time and are in no span" in said
    assert "6 of 11 nodes have no line in it and are pale" in said
    assert film(cut, Player(view)).left_out(play(view, OPEN)) == ""
    assert "which are of no moment of the span" in cut.said[0]


def test_nodes_stay_where_they_are_whatever_the_span(view: View) -> None:
    assert play(view, OPEN, SPAN).places == play(view, OPEN).places
    assert play(view, OPEN, SPAN, c.Between()).lines == play(view, OPEN).lines
