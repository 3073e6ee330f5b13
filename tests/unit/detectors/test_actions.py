"""Actions: how their objects read, and which nodes they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from detectors.coaction.actions import ACTIONS, events_of, node_of, sweep_of
from graph.model import NodeRef, NodeType
from graph.projection import TRACES
from graph.store import Store, open_store
from tests.coactions import weights
from tests.stores import at, put


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path / "data") as opened:
        yield opened


@pytest.mark.parametrize(
    ("action", "thing", "shown"),
    [
        ("co_ticker", "PEPE", "posting $PEPE"),
        ("co_hashtag", "gem", "using #gem"),
        ("co_link", "https://a.example/" + "x" * 60, "sharing https://a.example/" + "x" * 60),
        ("co_text", "y" * 99, f"posting the text “{'y' * 39}…”"),
        ("co_similar", "buy $pepe", "posting texts like “buy $pepe”"),
        ("co_like", "post/x:p1", "liking x:p1"),
        ("co_like", "ticker/BTC", "liking $BTC"),
        ("co_follow", "account/x:anna", "following x:anna"),
        ("co_post", "*", "posting anything"),
    ],
)
def test_an_act_is_shown_with_its_object(action: str, thing: str, shown: str) -> None:
    assert ACTIONS[action].shown(thing) == shown


def test_several_objects_are_shown_without_naming_one() -> None:
    assert ACTIONS["co_text"].doing_same == "posting the same texts"
    assert ACTIONS["co_similar"].doing_same == "posting texts that are nearly the same"
    assert ACTIONS["co_like"].doing_same == "liking the same things"
    assert ACTIONS["co_follow"].doing_same == "following the same accounts"


def test_objects_that_are_nodes_are_named_as_such_both_ways() -> None:
    like, repost, text = ACTIONS["co_like"], ACTIONS["co_repost"], ACTIONS["co_text"]
    assert node_of(like, "post/x:p1") == (NodeRef(NodeType.POST, "x:p1"),)
    assert node_of(like, "link/https://a.example/b") == (NodeRef(NodeType.LINK, "https://a.example/b"),)
    assert node_of(like, "something else/7") == node_of(text, "buy") == ()
    assert like.named(NodeType.POST, ["x:p1"]) == ["post/x:p1"]
    assert repost.named(NodeType.POST, ["x:p1"]) == ["x:p1"]
    assert text.named(NodeType.POST, ["x:p1"]) == []
    assert ACTIONS["co_post"].called("*") == "everything"


def test_traces_exist() -> None:
    assert {a.trace for a in ACTIONS.values()} <= set(TRACES)


def test_what_has_no_time_is_said(store: Store) -> None:
    row = {"kind": "follow", "target_type": "account", "target": "x:cy"}
    put(
        store,
        "interactions",
        {**row, "interaction": "i1", "account": "x:anna", "at": at(0)},
        {**row, "interaction": "i2", "account": "x:bo", "at": at(86_400)},
        {**row, "interaction": "i3", "account": "x:dee"},
        {**row, "interaction": "i4", "account": "x:eve"},
    )
    with store.view() as view:
        sweep, said = sweep_of(view, "co_follow", 86_400)
        table, too = events_of(view, "co_follow", 86_400)
        assert sweep_of(view, "co_like", 60)[1] == ()
    assert weights(sweep.by_message().table()) == {("x:anna", "x:bo"): 1, ("x:bo", "x:anna"): 1}
    assert said == too == ("2 without a time were left out",)
    assert table["object"].to_pylist() == ["account/x:cy"] * 2


def test_the_similarity_of_texts_can_be_chosen(store: Store) -> None:
    texts = ["to the moon tonight with pepe", "to the moon tonight with doge"]
    put(store, "posts", *({"post": f"x:{i}", "account": f"x:u{i}", "text": t} for i, t in enumerate(texts)))
    with store.view() as view:
        assert len(sweep_of(view, "co_similar", 60)[0].by_message()) == 0
        assert len(sweep_of(view, "co_similar", 60, similarity=0.7)[0].by_message()) == 2
        assert len(events_of(view, "co_similar", 60, similarity=0.7)[0]["object"].unique()) == 1


def test_the_page_on_coordination_has_every_action_with_its_contract() -> None:
    page = (Path(__file__).parents[3] / "docs" / "coordination.md").read_text(encoding="utf-8")
    rows = [line.split(" | ")[:2] for line in page.splitlines() if line.startswith("| `co_")]
    assert [(name.strip("| `"), about) for name, about in rows] == [(n, a.about) for n, a in ACTIONS.items()]
