"""``lockstep rings``: straight from a file and over a store, with everything it writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import networkx as nx
import pyarrow.parquet as pq
import pytest

from tests.cli import lockstep
from tests.noise import noise, ring

MEMBERS = ["a", "b", "c", "d"]


@pytest.fixture
def posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Posts with links and hashtags: a ring of four among strangers."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "posts.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for column, rows in (("links", [*noise(1), *ring(MEMBERS, 1)]), ("hashtags", noise(2))):
            for who, thing, at, message in rows:
                value = [f"https://{thing}.example/"] if column == "links" else [thing]
                row = {"post_id": f"{column}-{message}", "account_id": who, "created_at": 1_700_000_000 + at}
                file.write(json.dumps({"type": "posts", **row, "text": "", column: value}) + "\n")
    return path


def test_a_file_gives_rings_edges_and_meetings(posts: Path) -> None:
    ran = lockstep(
        "rings", "--input", posts, "--action", "co_link", "--action", "co_hashtag", "--out", "rings.json",
        "--edges", "edges.graphml", "--evidence", "meetings.parquet", "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    (found,) = ran.json["rings"]
    assert [name.split(":")[-1] for name in found["accounts"]] == MEMBERS
    assert json.loads(Path("rings.json").read_text()) == ran.json
    graph = nx.read_graphml("edges.graphml")
    assert {data["role"] for _, data in graph.nodes(data=True) if data} == {"core"}
    assert graph.number_of_edges() == ran.json["edges"]
    meetings = pq.read_table("meetings.parquet")
    assert set(meetings["action"].to_pylist()) == {"co_link"}


def test_a_store_gives_the_same_rings(posts: Path) -> None:
    assert lockstep("ingest", posts, "--store", "sqlite:///lockstep.db").code == 0
    options = ("--action", "co_link", "--action", "co_hashtag", "--json")
    straight = lockstep("rings", "--input", posts, *options).json
    stored = lockstep("rings", "--store", "sqlite:///lockstep.db", *options).json
    assert straight == stored


def test_people_are_told_in_sentences(posts: Path) -> None:
    ran = lockstep("rings", "--input", posts, "--action", "co_link", "--evidence", "meetings.csv")
    assert ran.code == 0
    said = ran.out + ran.err
    assert "4 accounts were sharing the same links within 60 s of each other 6 times" in said
    assert "1 rings, " in said
    with Path("meetings.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["counted"] in {"true", "false"}


@pytest.mark.parametrize("how", [("--strict",), ("--fusion", "cauchy"), ("--fusion", "brown"), ("--min-ring", "4")])
def test_other_ways_find_it_too(posts: Path, how: tuple[str, ...]) -> None:
    ran = lockstep("rings", "--input", posts, "--action", "co_link", "--json", *how)
    assert [[n.split(":")[-1] for n in r["accounts"]] for r in ran.json["rings"]] == [MEMBERS]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (("--action", "co_lnik"), "co_link"),
        (("--action", "co_link", "--evidence", "x.txt"), "one of .csv, .parquet"),
        (("--action", "co_link", "--edges", "x.txt"), "cannot write '.txt'"),
        (("--action", "co_link", "--draws", "5"), "5 drawn datasets cannot show a chance of 0.05"),
        (("--action", "co_link", "--fusion", "sum"), "no fusion 'sum'"),
        (("--action", "co_link", "--out", "no/such/folder/x.json"), "cannot be written"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(posts: Path, how: tuple[str, ...], said: str) -> None:
    ran = lockstep("rings", "--input", posts, *how)
    assert ran.code == 2
    assert said in ran.err
