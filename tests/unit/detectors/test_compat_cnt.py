"""The toolkit's worked example and its own output for larger streams; its defects are in compatibility mode alone."""

from __future__ import annotations

import ast
import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from detectors.coaction.compat.cnt import PARTS, Similarity, network
from detectors.coaction.network import networks
from graph.errors import ConfigError
from ingest.direct.events import events
from ingest.direct.sources import recognise
from ingest.direct.verbatim import SCHEMA, messages
from ingest.formats.base import Options
from ingest.mapping import load_mapping

HEADER = "message_id,user_id,username,repost_id,reply_id,message,timestamp,urls\n"
EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "mappings"


def counted(path: Path, kind: str, window: float = 60, options: Options | None = None, **more: Any) -> list[list[Any]]:
    """Edges as the toolkit's tables have them."""
    found = recognise(path, None, options or Options())
    assert found is not None
    return [list(r.values()) for r in network(messages(found, PARTS[kind])[0], kind, window, **more).to_pylist()]


def ours(path: Path, trace: str, window: float = 60, least: int = 1) -> dict[tuple[str, str], int]:
    """Edges outside compatibility mode."""
    found = recognise(path, None, Options())
    assert found is not None
    edges = networks(events(found, trace)[0], f"co_{trace}", [window], min_weight=least)[0]
    return {(r["source"], r["target"]): r["weight"] for r in edges.to_pylist()}


def file(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "network.csv"
    path.write_text(HEADER + "".join(f"{r}\n" for r in rows), encoding="utf-8")
    return path


def outputs(path: Path, by: str) -> dict[str, list[tuple[str, str, int]]]:
    lines = (line.split(" ", 2) for line in path.read_text(encoding="utf-8").splitlines())
    return {kind: ast.literal_eval(edges) for way, kind, edges in (x for x in lines if len(x) == 3) if way == by}


@pytest.mark.data("examples")
@pytest.mark.parametrize("kind", [k for k in PARTS if k not in {"co_object", "co_ticker", "co_hashtag"}])
def test_the_worked_example_is_the_toolkits(shared_data: Path, kind: str) -> None:
    expected = outputs(shared_data / "examples" / "ex1_out_pypi152.txt", "csv")[kind]
    got = counted(shared_data / "examples" / "ex1.csv", kind, min_weight=1, loops=True)
    assert got == sorted(map(list, expected))
    alone = counted(shared_data / "examples" / "ex1.csv", kind, min_weight=1)
    assert alone == sorted([u, v, w] for u, v, w in expected if u != v)


@pytest.mark.data("cnt")
@pytest.mark.parametrize("window", [60, 600])
@pytest.mark.parametrize("size", ["1e4", "1e5"])
def test_expected_files_are_equal_row_by_row(shared_data: Path, size: str, window: int) -> None:
    options = Options(mapping=load_mapping(EXAMPLES / "cnt_stream.toml"))
    got = counted(shared_data / "cnt" / f"stream_{size}.parquet", "co_link", window, options, min_weight=2)
    with (shared_data / "cnt" / f"expected_stream_{size}_co_link_w{window}_min2.csv").open(encoding="utf-8") as theirs:
        assert sorted(got) == sorted([u, v, int(w)] for u, v, w in csv.reader(theirs))
    assert got == sorted(got)


def test_links_are_read_alike_whether_the_file_is_a_table_or_its_own(tmp_path: Path) -> None:
    """A mapping gives the lists that the toolkit's Python interface takes: nothing is no link there."""
    rows = [
        {"id": f"m{i}", "who": w, "when": i, "urls": u}
        for i, (w, u) in enumerate([("a", "x y"), ("b", "y"), ("c", "")])
    ]
    rows.append({"id": "m9", "who": "d", "when": 9, "urls": ""})
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    mapping = {
        "record": [
            {
                "type": "posts",
                "post_id": "id",
                "account_id": "who",
                "created_at": {"column": "when", "unit": "s"},
                "links": {"column": "urls", "split": " ", "verbatim": True},
            }
        ]
    }
    assert counted(tmp_path / "t.parquet", "co_link", 60, Options(mapping=mapping), min_weight=1) == [
        ["a", "b", 1],
        ["b", "a", 1],
    ]


# Defects of coordination-network-toolkit 1.5.2, each kept in compatibility mode and absent outside it.


def test_defect_an_empty_url_is_a_link_that_all_share(tmp_path: Path) -> None:
    path = file(tmp_path, "m1,a,a,,,x,0,", "m2,b,b,,,y,5,", "m3,c,c,,,z,9,https://u.example/")
    assert counted(path, "co_link", min_weight=1) == [["a", "b", 1], ["b", "a", 1]]
    assert ours(path, "link") == {}


def test_defect_texts_of_mentions_alone_are_one_text(tmp_path: Path) -> None:
    path = file(tmp_path, "m1,a,a,,,@x @y,0,", "m2,b,b,,,@z,5,")
    assert counted(path, "co_tweet", min_weight=1) == [["a", "b", 1], ["b", "a", 1]]
    assert ours(path, "text") == {}


def test_defect_a_text_without_tokens_stops_similarity(tmp_path: Path) -> None:
    path = file(tmp_path, "m1,a,a,,,@x,0,", "m2,b,b,,,gm all,5,")
    with pytest.raises(ConfigError, match="'m1' has no tokens: the toolkit stops here with a ZeroDivisionError"):
        counted(path, "co_similar_tweet", min_weight=1, similarity=Similarity(0.8, 0))
    # nobody looks at an account with too few messages, and so nothing is divided
    assert counted(path, "co_similar_tweet", min_weight=2, similarity=Similarity(0.8, 0)) == []
    found = recognise(path, None, Options())
    assert found is not None
    assert networks(events(found, "text")[0], "co_similar", [60], min_weight=1)[0].num_rows == 0


def test_defect_a_message_is_counted_against_itself(tmp_path: Path) -> None:
    path = file(tmp_path, "m1,a,a,p,,x,0,", "m2,b,b,p,,x,5,", "m3,b,b,p,,x,6,")
    assert counted(path, "co_retweet", min_weight=1, loops=True)[0] == ["a", "a", 1]
    found = recognise(path, None, Options())
    assert found is not None
    edges = networks(events(found, "repost")[0], "co_repost", [60], min_weight=1, loops=True)[0]
    loops = [r["source"] for r in edges.to_pylist() if r["source"] == r["target"]]
    assert loops == ["b"]  # which met itself by two messages


def test_defect_windows_overwrite_each_other(tmp_path: Path) -> None:
    """The toolkit keeps one table a network type; each window has its own result here, in one call."""
    path = file(tmp_path, "m1,a,a,p,,x,0,", "m2,b,b,p,,x,50,")
    found = recognise(path, None, Options())
    assert found is not None
    narrow, wide = networks(events(found, "repost")[0], "co_repost", [10, 60], min_weight=1)
    assert (narrow.num_rows, wide.num_rows) == (0, 2)


def test_defect_the_first_of_repeated_ids_counts_but_not_for_links(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "m1,a,a,,,one,0,https://u.example/",
        "m1,b,b,,,two,500,https://v.example/",  # ignored, but for its link
        "m2,c,c,,,two,501,https://v.example/",
    )
    assert counted(path, "co_tweet", min_weight=1) == []
    assert counted(path, "co_link", min_weight=1) == [["b", "c", 1], ["c", "b", 1]]
    assert ours(path, "text") == {("b", "c"): 1, ("c", "b"): 1}  # the last one is the message as it is


def test_whole_seconds_are_compared_as_integers(tmp_path: Path) -> None:
    far = 2**53
    path = file(tmp_path, f"m1,a,a,p,,x,{far},", f"m2,b,b,p,,x,{far + 4},")
    assert counted(path, "co_retweet", 3, min_weight=1) == []
    assert counted(path, "co_retweet", 4, min_weight=1) == [["a", "b", 1], ["b", "a", 1]]


def test_times_that_are_none_are_near_nothing(tmp_path: Path) -> None:
    path = file(tmp_path, "m1,a,a,p,,x,nan,", "m2,b,b,p,,x,nan,", "m3,c,c,p,,x,inf,", "m4,d,d,p,,x,inf,")
    assert counted(path, "co_retweet", min_weight=1) == [["c", "d", 1], ["d", "c", 1]]


def test_what_the_toolkit_has_not_is_refused_or_goes_as_links_do() -> None:
    rows = [{"actor": a, "message": f"m{i}", "at": float(i), "objects": ["$X"]} for i, a in enumerate("ab")]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    assert network(table, "co_ticker", 60, min_weight=1).num_rows == 2
    with pytest.raises(ConfigError, match="no network 'co_like'"):
        network(table, "co_like", 60)
    assert network(SCHEMA.empty_table(), "co_post", 60).num_rows == 0
