"""Networks: the worked example, names, times, and files that other tools read back."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow.parquet as pq
import pytest

from detectors.coaction.actions import ACTIONS
from detectors.coaction.network import SUFFIXES, network, write
from graph.errors import ConfigError
from graph.projection import TRACES
from graph.store import Store, open_store
from tests.coactions import weights
from tests.stores import at, put


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("memory://", tmp_path / "data") as opened:
        yield opened


def _example(path: Path) -> list[dict[str, Any]]:
    """The worked example's posts as the graph keeps them."""
    rows = []
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        kind = "repost" if row["repost_id"] else "reply" if row["reply_id"] else "post"
        parent = row["repost_id"] or row["reply_id"]
        rows.append(
            {
                "post": f"local:{row['message_id']}",
                "account": f"local:{row['user_id']}",
                "created_at": datetime.fromtimestamp(float(row["timestamp"]), UTC),
                "kind": kind,
                "parent": f"local:{parent}" if parent else None,
                "text": row["message"],
                "links": sorted(set(row["urls"].split())),
            }
        )
    return rows


EXPECTED = {
    "co_repost": "C>D 1 D>C 1",
    "co_text": "A>B 1 B>A 1 B>C 1 C>B 1",  # two texts that are empty without mentions are none
    "co_link": "A>B 2 B>A 2 A>C 1 C>A 1",
    "co_reply": "D>E 1 E>D 1",
    "co_post": "A>B 2 A>C 2 A>D 3 B>A 2 B>C 2 B>D 2 C>A 2 C>B 2 C>D 1 D>A 2 D>B 1 D>C 1 D>E 2 E>D 2",
}


@pytest.mark.data("examples")
@pytest.mark.parametrize("action", EXPECTED)
def test_the_worked_example_comes_out(shared_data: Path, store: Store, action: str) -> None:
    put(store, "posts", *_example(shared_data / "examples" / "ex1.csv"))
    pairs, counts = EXPECTED[action].split()[::2], EXPECTED[action].split()[1::2]
    expected = {(p[0], p[2]): int(n) for p, n in zip(pairs, counts, strict=True)}
    with store.view() as view:
        assert weights(network(view, action, 60, min_weight=1)) == expected
        loops = network(view, "co_post", 60, min_weight=1, loops=True)
    assert {("B", "B"): 2, ("E", "E"): 2}.items() <= weights(loops).items()


def _meet(store: Store, other: str = "x:bo") -> None:
    row = {"tickers": ["BTC", "PEPE"]}
    put(
        store,
        "posts",
        {**row, "post": "x:1", "account": "x:anna", "created_at": at(0)},
        {**row, "post": "x:2", "account": other, "created_at": at(10)},
        {"tickers": ["BTC"], "post": "x:3", "account": "x:anna", "created_at": at(50)},
        {"tickers": ["BTC"], "post": "x:4", "account": "x:anna", "created_at": at(5000)},
    )


def test_edges_say_when_and_on_how_much(store: Store) -> None:
    _meet(store)
    with store.view() as view:
        found = network(view, "co_ticker", 60, min_weight=1).to_pylist()
    first = {"source": "anna", "target": "bo", "weight": 2, "first": at(0), "last": at(50), "objects": 2}
    assert found == [first, {**first, "source": "bo", "target": "anna", "weight": 1, "first": at(10), "last": at(10)}]


def test_platforms_stay_where_there_are_two(store: Store) -> None:
    _meet(store, "y:bo")
    with store.view() as view:
        assert network(view, "co_ticker", 60, min_weight=1)["target"].to_pylist() == ["y:bo", "x:anna"]


def test_a_time_window_and_a_least_weight_select(store: Store) -> None:
    _meet(store)
    with store.view() as view:
        assert network(view, "co_ticker", 60).num_rows == 1
        assert network(view, "co_ticker", 60, min_weight=1, start=at(20)).num_rows == 0
        with pytest.raises(ConfigError, match="no action 'ticker'"):
            network(view, "ticker", 60)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_can_be_read_back(store: Store, tmp_path: Path, suffix: str) -> None:
    _meet(store)
    with store.view() as view:
        edges = network(view, "co_ticker", 60, min_weight=1)
    path = tmp_path / f"edges{suffix}"
    write(edges, path)
    rows: list[dict[str, Any]]
    if suffix == ".csv":
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    elif suffix == ".parquet":
        assert pq.read_table(path).equals(edges)
        rows = edges.to_pylist()
    else:
        graph = (nx.read_graphml if suffix == ".graphml" else nx.read_gexf)(path)
        rows = [{"source": u, "target": v, **data} for u, v, data in graph.edges(data=True)]
    assert {(r["source"], r["target"]): int(r["weight"]) for r in rows} == weights(edges)
    assert [p.name for p in tmp_path.glob("*edges*")] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_network_is_a_file_too(store: Store, tmp_path: Path, suffix: str) -> None:
    with store.view() as view:
        write(network(view, "co_link", 60), tmp_path / f"edges{suffix}")
    assert (tmp_path / f"edges{suffix}").stat().st_size > 0


def test_what_cannot_be_written_is_said(store: Store, tmp_path: Path) -> None:
    with store.view() as view:
        edges = network(view, "co_link", 60)
    with pytest.raises(ConfigError, match=r"cannot write '\.xlsx'"):
        write(edges, tmp_path / "edges.xlsx")
    with pytest.raises(ConfigError, match="No such file or directory"):
        write(edges, tmp_path / "nowhere" / "edges.csv")


def test_actions_name_traces_and_shorten_what_they_show() -> None:
    assert {a.trace for a in ACTIONS.values()} <= set(TRACES)
    assert ACTIONS["co_ticker"].shown("PEPE") == "posting $PEPE"
    assert ACTIONS["co_hashtag"].shown("gem") == "using #gem"
    assert ACTIONS["co_text"].shown("x" * 99) == f"posting the text “{'x' * 39}…”"
    assert ACTIONS["co_post"].shown("*") == "posting anything"
