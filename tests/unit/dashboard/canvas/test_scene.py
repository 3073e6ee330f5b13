"""What commands come to, over every store: what is shown, joined, counted, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.canvas import commands as c
from dashboard.canvas import drawn, scene
from dashboard.canvas.facets import FACETS, reach
from dashboard.canvas.scene import Player, Scene
from graph.errors import ConfigError
from graph.model import NodeRef, NodeType, Rel
from graph.store import Store, View
from tests import flagged
from tests.stores import STORES, Backend, at, put

FINDING = flagged.shilling()
MEMBERS = [NodeRef(NodeType.ACCOUNT, a) for a in flagged.ACCOUNTS]
XYZ, LINK = NodeRef(NodeType.TICKER, "XYZ"), NodeRef(NodeType.LINK, flagged.LINK)


@pytest.fixture(params=STORES, ids=lambda backend: backend.name)
def view(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[View]:
    backend: Backend = request.param
    with backend.open(tmp_path) as store:
        fill(store)
        with store.view() as view:
            yield view


def fill(store: Store) -> None:
    """The finding's posts, and a stranger who posts another ticker and shares a device with a member."""
    flagged.load(store, flagged.HOSTILE)
    flagged.flag(store, [FINDING])
    put(
        store,
        "posts",
        *({"post": f"x:s{i}", "account": "x:900", "created_at": at(i), "tickers": ["ABC", "XYZ"]} for i in range(3)),
    )
    put(
        store,
        "identifiers",
        {"account": "x:900", "kind": "device", "value": "d"},
        {"account": "x:100", "kind": "device", "value": "d"},
    )


def play(view: View, *commands: c.Command) -> Scene:
    return Player(view).play(commands)


OPEN = c.Open(FINDING.id)


def test_a_finding_is_its_members_and_what_they_share_joined_through_posts(view: View) -> None:
    found = play(view, OPEN)
    assert list(found.nodes)[: len(MEMBERS)] == MEMBERS
    assert set(found.nodes) == {*MEMBERS, XYZ, LINK}
    joined = {(line.source, line.target): line for line in found.lines}
    first = joined[MEMBERS[0], XYZ]
    assert (first.rel, first.weight, first.folded) == (Rel.MENTIONS, flagged.ROUNDS, True)
    assert first.first == flagged.START
    assert set(found.places) == set(found.nodes)


def test_expanding_shows_counts_and_more_continues_exactly(view: View) -> None:
    one = play(view, OPEN, c.Expand(XYZ, "accounts", limit=1))
    (more,) = one.more[XYZ]
    assert (more.shown, more.total, more.whole) == (8, 9, True)  # the members are shown already
    assert drawn.badges(one) == {str(XYZ): "8/9"}
    two = play(view, OPEN, c.Expand(XYZ, "accounts", limit=1), c.Expand(XYZ, "accounts", skip=8))
    assert NodeRef(NodeType.ACCOUNT, "x:900") in two.nodes
    assert drawn.badges(two) == {}
    assert {n: two.places[n] for n in one.nodes} == dict(one.places)


def test_collapsing_takes_back_what_only_the_expansion_brought(view: View) -> None:
    stranger = NodeRef(NodeType.ACCOUNT, "x:900")
    steps = (OPEN, c.Expand(XYZ, "accounts"), c.Expand(stranger, "tickers"))
    found = play(view, *steps)
    assert NodeRef(NodeType.TICKER, "ABC") in found.nodes
    assert set(play(view, *steps, c.Collapse(stranger)).nodes) == set(play(view, *steps[:2]).nodes)
    kept = play(view, *steps, c.Collapse(XYZ))
    assert stranger in kept.nodes, "it was expanded itself"
    assert XYZ not in kept.more


def test_hidden_nodes_are_gone_with_their_lines(view: View) -> None:
    found = play(view, OPEN, c.Hide((XYZ,)))
    assert XYZ not in found.nodes
    assert all(XYZ not in (line.source, line.target) for line in found.lines)


def test_a_span_leaves_only_what_happened_in_it(view: View) -> None:
    whole = play(view, OPEN)
    part = play(view, OPEN, c.Between(flagged.START, flagged.START + timedelta(hours=1)))
    assert set(part.nodes) == set(whole.nodes)
    assert {line.weight for line in part.lines} == {1}
    assert play(view, OPEN, c.Between(flagged.START), c.Between()).lines == whole.lines


def test_pinned_nodes_are_where_they_were_put(view: View) -> None:
    found = play(view, OPEN, c.Pin(XYZ, 1234.5, -6.0), c.Expand(XYZ, "accounts"))
    assert found.places[XYZ] == (1234.5, -6.0)
    assert XYZ in found.pinned
    assert XYZ not in play(view, OPEN, c.Pin(XYZ, 1.0, 2.0), c.Unpin(XYZ)).pinned


def test_accounts_are_combined_and_drawn_as_one(view: View) -> None:
    found = play(view, OPEN, c.Combine("ring"))
    (group,) = found.groups
    assert set(group.nodes) == set(MEMBERS)
    assert group.about.startswith("8 accounts: 8 flagged")
    net = drawn.draw(found, Player(view))
    assert {n["id"] for n in net.nodes} == {drawn.GROUP + group.id, str(XYZ), str(LINK)}
    assert {(e["from"], e["to"]) for e in net.edges} == {(drawn.GROUP + group.id, str(n)) for n in (XYZ, LINK)}
    assert play(view, OPEN, c.Combine("ring"), c.Separate(group.id)).groups == ()
    by_link = play(view, OPEN, c.Combine("link"))
    assert [len(g.nodes) for g in by_link.groups] == [5]
    assert play(view, OPEN, c.Combine("chosen", (MEMBERS[0],))).said == ("nothing that is shown can be combined so",)


def test_a_way_between_two_nodes_is_shown_and_marked(view: View) -> None:
    stranger = NodeRef(NodeType.ACCOUNT, "x:900")
    found = play(view, OPEN, c.Path(MEMBERS[0], stranger, k=1))
    device = NodeRef(NodeType.IDENTIFIER, "device:d")
    assert found.marked == {MEMBERS[0], device, stranger}
    lost = play(view, OPEN, c.Path(MEMBERS[0], NodeRef(NodeType.ACCOUNT, "x:nobody")))
    assert "no way of at most" in lost.said[0]


def test_more_than_a_picture_holds_is_counted(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "FIRST", 5)
    found = play(view, OPEN)
    assert list(found.nodes) == MEMBERS[:5]
    assert found.said == ("5 of the finding's 10 nodes are not drawn",)
    assert found.reached == {OPEN.finding: (5, 10)}
    rest = play(view, OPEN, c.Hide((MEMBERS[0],)), c.Open(OPEN.finding, skip=5))
    assert set(rest.nodes) == {*MEMBERS[1:], XYZ, LINK}, "what was hidden stays so"
    assert {n: rest.places[n] for n in MEMBERS[1:5]} == {n: found.places[n] for n in MEMBERS[1:5]}
    assert (rest.said, rest.reached, rest.findings) == ((), {OPEN.finding: (10, 10)}, (OPEN.finding,))
    monkeypatch.setattr(scene, "CAP", 6)
    capped = play(view, OPEN, c.Add((XYZ, LINK)))
    assert len(capped.nodes) == 6
    assert "1 more are not drawn: a picture has at most 6 nodes" in capped.said


def test_steps_go_on_from_an_earlier_picture(view: View) -> None:
    player = Player(view)
    steps = (OPEN, c.Expand(XYZ, "accounts"), c.Hide((LINK,)), c.Note("look", XYZ))
    half = player.play(steps[:2])
    assert player.play(steps, half) == player.play(steps)
    assert scene.fingerprint(steps, view.seq) == scene.fingerprint(steps, view.seq)


@pytest.mark.parametrize("step", [c.Open("nothing"), c.Expand(XYZ, "moon"), c.Expand(XYZ, "tickers")])
def test_what_is_not_there_is_said(view: View, step: c.Command) -> None:
    with pytest.raises(ConfigError):
        play(view, OPEN, step)


def test_orders_and_bounds_of_neighbours(view: View) -> None:
    strangers = reach(view, XYZ, FACETS["accounts"], order="recency")
    assert [line.source.key for line in strangers.lines][-1] == "x:900"
    suspicious = reach(view, XYZ, FACETS["accounts"], suspicion={"x:900": 1.0})
    assert suspicious.lines[0].source.key == "x:900"
    assert reach(view, XYZ, FACETS["accounts"], least=flagged.ROUNDS).total == len(MEMBERS)
    assert reach(view, XYZ, FACETS["accounts"], start=flagged.START).total == len(MEMBERS)


def test_texts_and_handles_stay_texts(view: View) -> None:
    post = NodeRef(NodeType.POST, flagged.post_key(0, 0))
    net = drawn.draw(play(view, c.Add((post, MEMBERS[0]))), Player(view))
    titles = {n["id"]: n["title"] for n in net.nodes}
    assert "<img src=" in titles[str(post)]
    assert all(isinstance(t, str) for t in titles.values())
