"""What events of the picture come to: more of an expansion, groups, several nodes at once; and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.canvas import commands as c
from dashboard.canvas import component, drawn, looks, scene
from dashboard.canvas.scene import Player, Scene
from graph.model import NodeRef, NodeType
from graph.store import View, open_store
from tests import flagged
from tests.stores import at, put

XYZ = NodeRef(NodeType.TICKER, "XYZ")
MEMBERS = [NodeRef(NodeType.ACCOUNT, a) for a in flagged.ACCOUNTS]
OPEN = c.Open(flagged.shilling().id)
STRANGERS = 12


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    folder: Path = tmp_path_factory.mktemp("steps")
    with open_store(f"sqlite:///{folder / 'graph.db'}", folder) as store:
        flagged.load(store)
        flagged.flag(store, [flagged.shilling()])
        rows = ({"post": f"x:s{i}", "account": f"x:9{i:02}", "created_at": at(i)} for i in range(STRANGERS))
        put(store, "posts", *({**row, "tickers": ["XYZ"]} for row in rows))
        with store.view() as view:
            yield view


def told(found: Scene, **event: object) -> c.Command | None:
    return component.command_of(event, found)


def test_more_comes_in_the_way_that_was_asked_for_last_and_brings_only_what_is_not_there(view: View) -> None:
    player = Player(view)
    found = player.play([OPEN, c.Expand(XYZ, "accounts", order="recency", limit=5)])
    [more] = found.more[XYZ]
    asked = told(found, do="facet", nodes=[str(XYZ)], facet="accounts", more=True)
    assert asked == c.Expand(XYZ, "accounts", order="recency", limit=5, skip=more.shown)
    grown = player.step(found, asked)
    assert (more.shown, grown.more[XYZ][0].shown) == (more.shown, more.shown + 5)
    assert {n: grown.places[n] for n in found.places} == found.places
    while asked := told(grown, do="facet", nodes=[str(XYZ)], facet="accounts", more=True):
        grown = player.step(grown, asked)
    assert grown.more[XYZ][0].shown == grown.more[XYZ][0].total == len(MEMBERS) + STRANGERS
    assert drawn.badges(grown) == {}


def test_a_large_rest_is_one_node_that_says_what_it_is(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "MANY", 5)
    player = Player(view)
    found = player.play([OPEN, c.Expand(XYZ, "accounts", limit=8)])
    [name] = drawn.rests(found)
    [rest] = [n for n in drawn.draw(found, player).nodes if n["id"] == name]
    assert rest["label"].startswith(f"{STRANGERS} accounts\n0 flagged")
    grown = player.step(found, told(found, do="expand", nodes=[name]) or OPEN)
    assert [m.shown for m in grown.more[XYZ]] == [16]
    assert drawn.rests(grown) == {}


def test_groups_open_on_a_double_click_and_move_whole(view: View) -> None:
    player = Player(view)
    found = player.play([OPEN, c.Combine("ring")])
    [group] = found.groups
    name = drawn.GROUP + group.id
    assert told(found, do="expand", nodes=[name]) == c.Separate(group.id)
    x, y = drawn.middle(group, found)
    moved = told(found, do="move", places=[[name, x + 10, y - 20]])
    after = player.step(found, moved or OPEN)
    assert drawn.middle(after.groups[0], after) == pytest.approx((x + 10, y - 20), abs=0.2)
    assert set(MEMBERS) == after.pinned


def test_several_nodes_are_pinned_in_one_step(view: View) -> None:
    found = Player(view).play([OPEN])
    step = told(found, do="pin", nodes=[str(n) for n in MEMBERS[:2]])
    assert isinstance(step, c.Move)
    assert c.from_link(c.to_link([OPEN, step], 1)) == (1, (OPEN, step))
    assert told(found, do="move", places=[["account/x:100", float("inf"), 0]]) is None


@pytest.mark.parametrize(
    ("key", "shown"), [("device:d7", "device #"), ("email_hash:ab", "email #"), ("wallet:0xabc", "wallet:0xabc")]
)
def test_identifiers_have_a_name_in_place_of_their_value(key: str, shown: str) -> None:
    node = NodeRef(NodeType.IDENTIFIER, key)
    for text in (looks.named(node), looks.label_of(node, {}), looks.title_of(node, {}, {})):
        assert shown in text
        assert key.startswith("wallet") or key.partition(":")[2] not in text.partition("#")[0]
