"""``lockstep network`` straight from a file: formats, windows, columns, other tools' rules, and how it refuses."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow.parquet as pq
import pytest

from tests.cli import lockstep
from tests.hostile import stream
from tests.property.test_direct import FORMS, MAPPING
from tests.samples import samples

HEADER = "message_id,user_id,username,repost_id,reply_id,message,timestamp,urls\n"
TOML = """
platform = "x"
[[record]]
type = "posts"
post_id = "id"
account_id = "who"
created_at = { column = "when", unit = "s" }
"""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def file(*rows: str, name: str = "network.csv", header: str = HEADER) -> Path:
    path = Path(name)
    path.write_text(header + "".join(f"{r}\n" for r in rows), encoding="utf-8")
    return path


def edges(path: Path | str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def weights(path: Path | str) -> dict[tuple[str, str], int]:
    return {(r["source"], r["target"]): int(r["weight"]) for r in edges(path)}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_gives_what_ingest_and_a_store_give(form: str, tmp_path: Path) -> None:
    name, make = FORMS[form]
    options = make(stream(3), Path(name))
    how: list[object] = ["--type", options.type] if options.type else []
    if options.mapping is not None:
        assert options.mapping is MAPPING
        Path("map.toml").write_text(_toml(MAPPING), encoding="utf-8")
        how = ["--map", "map.toml"]
    where = ["--store", f"sqlite:///{tmp_path}/l.db", "--data-dir", tmp_path / "data"]
    assert lockstep("ingest", name, *how, *where).code == 0
    for action in ("co_link", "co_text", "co_repost", "co_post", "co_domain", "co_reply"):
        rules = ("--action", action, "--window", 20, "--min-weight", 1)
        assert lockstep("network", *rules, "--out", "store.csv", *where).code == 0
        assert lockstep("network", *rules, "--out", "file.csv", "--input", name, *how).code == 0
        assert Path("file.csv").read_bytes() == Path("store.csv").read_bytes(), action


def _toml(mapping: dict[str, Any]) -> str:
    lines = [f"platform = {json.dumps(mapping['platform'])}"]
    for record in mapping["record"]:
        lines.append("[[record]]")
        for name, value in record.items():
            table = isinstance(value, dict)
            inner = ", ".join(f"{k} = {json.dumps(v)}" for k, v in value.items()) if table else ""
            lines.append(f"{name} = {{ {inner} }}" if table else f"{name} = {json.dumps(value)}")
    return "\n".join(lines)


@pytest.mark.parametrize("form", ["telegram", "xapi2", "jetstream"])
def test_formats_that_are_no_tables_go_through_memory(form: str) -> None:
    sample = samples()[form]
    Path(sample.name).write_bytes(sample.make(30))
    ran = lockstep("network", "--input", sample.name, "--action", "co_post", "--window", 5, "--out", "e.csv", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["input"]["format"] == form
    assert ran.json["input"]["rows"] > 0
    ran = lockstep("network", "--input", sample.name, "--action", "co_object", "--key", "x", "--out", "e.csv")
    assert (ran.code, "has no columns" in ran.err) == (2, True)
    ran = lockstep("network", "--input", sample.name, "--action", "co_link", "--compat", "cnt", "--out", "e.csv")
    assert (ran.code, "has no columns" in ran.err) == (2, True)
    assert not list(Path().glob("lockstep*"))  # no store is left on disk


def test_any_column_can_be_the_object() -> None:
    path = file(
        *(
            f"{i},{who},17000000{when},{thing}"
            for i, (who, when, thing) in enumerate(
                [("a", "00", "Z"), ("b", "05", "Z"), ("c", "05", "z"), ("a", "09", ""), ("b", "09", "")]
            )
        ),
        name="t.csv",
        header="id,who,when,thing\n",
    )
    Path("map.toml").write_text(TOML, encoding="utf-8")
    how = ("--input", path, "--map", "map.toml", "--action", "co_object", "--min-weight", 1, "--out", "e.csv")
    assert lockstep("network", *how, "--key", "thing").code == 0
    assert weights("e.csv") == {("a", "b"): 1, ("b", "a"): 1}  # verbatim: z is not Z, and nothing is no object
    assert lockstep("network", *how, "--key", "thing", "--compat", "cnt").code == 0
    assert weights("e.csv") == {("a", "b"): 1, ("b", "a"): 1}
    assert lockstep("network", *how[:-4], "--key", "thing", "--compat", "coortweet", "--min-participation", 1,
                    "--out", "c.csv").code == 0  # fmt: skip
    assert [(r["source"], r["target"], r["weight"], r["avg_time_delta"]) for r in edges("c.csv")] == [
        ("a", "b", "1", "5")
    ]
    ran = lockstep("network", *how, "--key", "thign")
    assert (ran.code, "did you mean 'thing'" in ran.err) == (2, True)


def test_several_windows_in_one_call() -> None:
    path = file("m1,a,a,p,,x,0,", "m2,b,b,p,,x,50,", "m3,c,c,p,,x,55,")
    how = ("--input", path, "--action", "co_repost", "--min-weight", 1, "--window", 10, "--window", 60)
    ran = lockstep("network", *how, "--out", "e.csv", "--json")
    assert [n["edges"] for n in ran.json["networks"]] == [2, 6]
    assert [r["window"] for r in edges("e.csv")] == ["10"] * 2 + ["60"] * 6
    assert lockstep("network", *how, "--out", "e.parquet").code == 0
    assert pq.read_table("e.parquet").num_rows == 8
    assert lockstep("network", *how, "--out", "e-{window}.gexf").code == 0
    assert [nx.read_gexf(f"e-{w}.gexf").number_of_edges() for w in (10, 60)] == [2, 6]
    ran = lockstep("network", *how, "--out", "e.gexf")
    assert (ran.code, "{window}" in ran.err) == (2, True)


def test_rows_that_cannot_be_used_are_told_and_kept() -> None:
    path = file(
        "m1,a,a,p,,x,0,",
        "m2,,b,p,,x,5,",
        "m3,c,c,p,,x,5,",
        "m4,d,d,p,,x,when,",
        "m5,e,e,p,,x,6,,,",
        "m6,f,f,p,,x,tomorrow,",
    )
    how = ("--input", path, "--action", "co_repost", "--min-weight", 1, "--out", "e.csv")
    ran = lockstep("network", *how, "--rejects", "bad.jsonl", "--json")
    assert ran.code == 0
    told = ran.json["input"]
    assert (told["rows"], told["unusable"]) == (6, 4)
    assert told["lines"] == {
        "posts.account_id: missing": [3],
        "has 10 values where the header has 8": [6],
        "posts.created_at: not a time: 'when' (RFC 3339, such as 2025-03-01T14:00:00Z, or epoch numbers)": [5],
        "posts.created_at: not a time: 'tomorrow' (RFC 3339, such as 2025-03-01T14:00:00Z, or epoch numbers)": [7],
    }
    assert weights("e.csv") == {("a", "c"): 1, ("c", "a"): 1}
    rejected = [json.loads(line) for line in Path("bad.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [r["line"] for r in rejected] == [3, 5, 6, 7]
    assert all("x" in r["raw"] for r in rejected)
    said = lockstep("network", *how).err
    assert "4 of 6 rows could not be used:" in said
    assert "1 × posts.account_id: missing (line 3)" in said
    compat = lockstep("network", *how, "--compat", "cnt")
    assert "own import stops at such a row" in compat.err
    assert weights("e.csv") == {(u, v): 1 for u in ("", "a", "c") for v in ("", "a", "c") if u != v}


def test_other_tools_options() -> None:
    rows = [f"m{i},{u},{u},,,buy $BTC now,{i},https://u.example/" for i, u in enumerate("aabbc")]
    path = file(*rows)
    how = ("--input", path, "--window", 60, "--out", "e.csv")
    assert lockstep("network", *how, "--action", "co_link", "--compat", "cnt", "--loops").code == 0
    assert weights("e.csv")["a", "a"] == 2
    assert lockstep("network", *how, "--action", "co_similar", "--compat", "cnt", "--min-tokens", 9).code == 0
    assert weights("e.csv") == {}
    assert lockstep("network", *how, "--action", "co_link", "--compat", "coortweet").code == 0
    assert {(r["source"], r["target"]): r["weight"] for r in edges("e.csv")} == {("a", "b"): "4"}
    one = ("--compat", "coortweet", "--min-participation", 1)
    assert lockstep("network", *how, "--action", "co_link", *one).code == 0
    assert {(r["source"], r["target"]): r["weight"] for r in edges("e.csv")} == {
        ("a", "b"): "4", ("a", "c"): "2", ("b", "c"): "2",
    }  # fmt: skip
    assert lockstep("network", *how, "--action", "co_text", "--compat", "coortweet", "--fast-window", 1).code == 0
    assert {"weight_full", "weight_fast", "weight_threshold_fast"} <= set(edges("e.csv")[0])
    assert lockstep("network", *how[:-1], "e.graphml", "--action", "co_link", "--compat", "coortweet").code == 0
    assert not nx.read_graphml("e.graphml").is_directed()
    # CooRTweet's options outside its mode
    assert lockstep("network", *how, "--action", "co_link", "--min-weight", 1, "--min-participation", 2).code == 0
    assert set(weights("e.csv")) == {("a", "b"), ("b", "a")}
    assert lockstep("network", *how, "--action", "co_link", "--min-weight", 1, "--edge-weight", 1).code == 0
    assert set(weights("e.csv").values()) == {2}  # its own quantile of 1 keeps nothing


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--action", "co_lnik"), 2, "did you mean 'co_link'"),
        (("--action", "co_object"), 2, "--key go together"),
        (("--action", "co_link", "--key", "urls"), 2, "--key go together"),
        (("--action", "co_link", "--compat", "cnr"), 2, "did you mean 'cnt'"),
        (("--action", "co_like", "--compat", "cnt"), 2, "unknown name 'co_like'"),
        (("--action", "co_link", "--compat", "coortweet", "--min-weight", 2), 2, "no least weight"),
        (("--action", "co_link", "--compat", "coortweet", "--subgraph", 2), 2, "--fast-window"),
        (("--action", "co_link", "--format", "cvs"), 3, "no format 'cvs'"),
        (("--action", "co_link", "--map", "absent.toml"), 2, "check --map"),
        (("--action", "co_link", "--window", -1), 2, "a window of -1"),
        (("--action", "co_similar", "--similarity", 0.1), 2, "a similarity of 0.1"),
        (("--action", "co_link", "--type", "accounts", "--format", "csv"), 3, "accounts need the column"),
    ],
)
def test_it_refuses_what_it_does_not_know(arguments: tuple[object, ...], code: int, message: str) -> None:
    ran = lockstep("network", "--input", file("m1,a,a,p,,x,0,"), "--out", "e.csv", *arguments)
    assert ran.code == code, ran.err
    assert message in " ".join(ran.err.split())
    assert not Path("e.csv").exists()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    how = ("--action", "co_link", "--out", "e.csv")
    for name, content, message in (
        ("empty.csv", "", "the file is empty"),
        ("odd.bin", "\x00\x01", "no format recognises this file"),
        ("accounts.csv", "account_id\na\n", "no posts and no interactions"),
        ("rows.csv", "a,b\n1,2\n", "does not say what its rows are"),
        ("posts.csv", "post_id,account_id\n1,a\n", "posts need the column created_at"),
    ):
        Path(name).write_text(content, encoding="utf-8")
        ran = lockstep("network", "--input", name, *how)
        assert ran.code == 3, (name, ran.err)
        assert message in ran.err
    assert lockstep("network", "--input", "absent.csv", *how).code == 3
    Path("map.toml").write_text(TOML, encoding="utf-8")
    Path("t.csv").write_text("id,whom,when\n1,a,0\n", encoding="utf-8")
    ran = lockstep("network", "--input", "t.csv", "--map", "map.toml", *how)
    assert (ran.code, "maps columns that the file does not have: who" in ran.err) == (2, True)
    assert lockstep("network", "--action", "co_link", "--out", "e.csv", "--key", "x").code == 2
    assert "name it: --input" in lockstep("network", *how, "--compat", "cnt").err
    only = lockstep("network", "--input", file(), *how)
    assert (only.code, "0 edges" in only.err) == (0, True)


def test_a_time_window_selects_in_every_mode() -> None:
    base = 1_700_000_000
    path = file(*(f"m{i},{u},{u},p,,x,{base + 100 * i}," for i, u in enumerate("abc")))
    how = ("--input", path, "--action", "co_repost", "--window", 500, "--min-weight", 1, "--out", "e.csv")
    for more in ((), ("--compat", "cnt")):
        assert lockstep("network", *how, *more, "--since", "2023-11-14T22:15:00Z").code == 0
        assert set(weights("e.csv")) == {("b", "c"), ("c", "b")}
        assert lockstep("network", *how, *more, "--until", "2023-11-14T22:15:01Z").code == 0
        assert set(weights("e.csv")) == {("a", "b"), ("b", "a")}


def test_the_process_loads_no_pandas() -> None:
    """Arrow would, for nothing: it is the largest part of what starting costs."""
    path = file("m1,a,a,p,,x,0,", "m2,b,b,p,,x,5,")
    how = ["network", "--input", str(path), "--action", "co_repost", "--min-weight", "1", "--out"]
    for out in ("e.csv", "e.parquet", "e.gexf"):
        command = [sys.executable, "-X", "importtime", "-m", "lockstep", *how, out]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "pandas.core" not in done.stderr
        assert "numba" in done.stderr
