"""What is asked of the dashboard when it is measured, and what is made of the answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import dashboard
from bench.analysts import stores
from bench.analysts.clock import css_class
from bench.analysts.sessions import Worked
from bench.planting.platform import Size
from bench.report import p95, tail
from dashboard.canvas.commands import Expand
from dashboard.canvas.scene import Player
from graph.store import View


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    looked = stores.planted(tmp_path_factory.mktemp("looked"), Size(posts=1_500, days=9.0, tickers=2, rings=1, pumps=1))
    with looked.view() as view:
        yield view


def test_a_neighbourhood_has_as_many_nodes_as_were_asked_for(view: View) -> None:
    hubs = stores.hubs(view, 30)
    assert len(hubs) > 1
    for hub in hubs:
        assert len(Player(view).play(hub.around(25)).nodes) == 25
        assert list(Player(view).play(hub.opened()).nodes) == [hub.node]


def test_an_expansion_adds_what_is_said(view: View) -> None:
    hub = stores.hubs(view, 30)[0]
    added = stores.expandable(view, hub, 25)
    assert added
    for node, more in list(added.items())[:3]:
        account = next(a for a in hub.accounts if str(a) == node)
        expand = Expand(account, "tickers")
        assert len(Player(view).play((*hub.around(25), expand)).nodes) == 25 + more


def test_the_largest_pictures_are_full_and_begin_differently(view: View) -> None:
    hubs = stores.hubs(view, 30)
    pictures = [stores.full(hubs, first, 60) for first in range(len(hubs))]
    assert len({commands[0] for commands in pictures}) == len(pictures), "none goes on from another"
    for commands in pictures:
        assert len(Player(view).play(commands).nodes) >= 60


def test_no_two_sessions_look_at_the_same_picture(view: View) -> None:
    hubs = stores.hubs(view, 30)
    pictures = [dashboard._picture(hubs, n, 25, view.seq) for n in range(3 * len(hubs))]
    assert len({tuple(p.commands) for p in pictures}) == len(pictures)
    shown = Player(view).play(pictures[-1].commands).nodes
    assert {str(n) for n in shown} >= set(pictures[-1].nodes)


@pytest.mark.parametrize(
    ("key", "name"), [("note-text-account/x:1", "st-key-note-text-account-x-1"), ("a_ü b", "st-key-a_--b")]
)
def test_elements_are_found_by_the_class_that_streamlit_gives_them(key: str, name: str) -> None:
    assert css_class(key) == name


def test_the_tail_and_the_worst_are_held_against_their_targets() -> None:
    assert p95([7.0]) == 7.0
    assert p95(list(map(float, range(101)))) == 95.0
    met = tail("t", [100.0] * 19 + [900.0], 800.0)
    assert (met.low, met.high, met.met) == (100.0, 900.0, True)
    assert dashboard.worst("w", [1.0, 9.0], "ms", 5.0).met is False
    assert dashboard.worst("w", [1.0, 9.0], "ms").met is None


def test_what_sessions_took_is_stated_by_session() -> None:
    worked = Worked(
        {"select": [0.1, 0.2], "undo": [0.3]}, [], before_mb=100.0, during_mb=140.0, after_mb=110.0, cpu=0.5
    )
    form = dashboard.Form(sessions=20)
    found = {r.name.removeprefix("20 sessions, one action each 5 s: "): r for r in dashboard.together(worked, form)}
    assert found["rerun, p95 of 3"].met
    assert found["memory of a session"].value == 2.0
    assert found["what is left of it 150 s after they left"].value == 0.5
    worked.failures.append("a page broke")
    with pytest.raises(RuntimeError, match="a page broke"):
        dashboard.together(worked, form)
