"""The main job on real posts, from the command line: load, detect, open the posts; and networks of foreign tables."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli import lockstep

MAPPINGS = Path(__file__).resolve().parents[2] / "examples" / "mappings"


def at(folder: Path) -> list[str]:
    return ["--store", f"sqlite:///{folder}/l.db", "--data-dir", str(folder / "data")]


def network(folder: Path, action: str, *options: object) -> dict[tuple[str, str], int]:
    out = folder / "edges.csv"
    ran = lockstep("network", "--action", action, "--window", 60, "--out", out, *options, *at(folder))
    assert ran.code == 0, ran.err
    rows = csv.DictReader(out.read_text().splitlines())
    return {(row["source"], row["target"]): int(row["weight"]) for row in rows}


def test_real_posts_give_findings_whose_posts_can_be_opened(shared_data: Path, tmp_path: Path) -> None:
    load = ["ingest", shared_data / "stocknet" / "stocknet_posts.parquet", "--map", MAPPINGS / "stocknet.toml"]
    first = lockstep(*load, "--json", *at(tmp_path))
    assert first.code == 0, first.err
    assert first.json["files"][0]["tables"]["posts"]["new"] == 96_826
    assert first.json["rejected"] == 0
    assert lockstep("detect", "shilling", *at(tmp_path)).code == 0
    findings = lockstep("findings", "list", "--json", *at(tmp_path)).json
    assert findings
    for finding in findings:
        shown = lockstep("findings", "show", finding["id"], "--json", *at(tmp_path)).json
        assert len(shown["posts"]) > len(finding["members"])
        reposted = {post["parent"] for post in shown["posts"]}  # only referred to, where it is not in the data itself
        assert all((post["text"] and post["created_at"]) or post["post"] in reposted for post in shown["posts"])
    again = lockstep(*load, "--again", "--json", *at(tmp_path)).json["files"][0]["tables"]
    assert {t: (w["new"], w["changed"]) for t, w in again.items()} == {"posts": (0, 0), "accounts": (0, 0)}
    assert [f["id"] for f in lockstep("findings", "list", "--json", *at(tmp_path)).json] == [f["id"] for f in findings]
    for action in ("co_hashtag", "co_link", "co_ticker", "co_repost"):
        assert network(tmp_path, action), action
    for action in (
        "co_text",
        "co_reply",
    ):  # no two accounts said the same within a minute; replies are not in the table
        assert not network(tmp_path, action), action


@pytest.mark.parametrize("window", [60, 600])
@pytest.mark.parametrize("size", ["1e4", "1e5"])
def test_a_mapped_stream_gives_the_toolkits_edges(shared_data: Path, tmp_path: Path, size: str, window: int) -> None:
    stream = shared_data / "cnt" / f"stream_{size}.parquet"
    assert lockstep("ingest", stream, "--map", MAPPINGS / "cnt_stream.toml", *at(tmp_path)).code == 0
    expected = shared_data / "cnt" / f"expected_stream_{size}_co_link_w{window}_min2.csv"
    edges = {(a, b): int(w) for a, b, w in csv.reader(expected.read_text().splitlines())}
    assert network(tmp_path, "co_link", "--window", window) == edges


def test_tables_of_shared_objects_are_networks(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "coortweet"
    assert lockstep("ingest", folder / "russian_coord_tweets.parquet", *at(tmp_path)).code == 0
    edges = network(tmp_path, "co_link", "--min-weight", 1)
    theirs = list(csv.DictReader((folder / "expected_russian_w60_mp2_q50.csv").read_text().splitlines()))
    assert theirs
    joined = {frozenset(pair) for pair in edges}
    assert {frozenset((row["from"], row["to"])) for row in theirs} <= joined  # the tool drops some accounts first

    elections = tmp_path / "elections"
    mapping = MAPPINGS / "german_elections.toml"
    assert lockstep("ingest", folder / "german_elections.parquet", "--map", mapping, *at(elections)).code == 0
    assert network(elections, "co_link")
    assert network(elections, "co_hashtag")
