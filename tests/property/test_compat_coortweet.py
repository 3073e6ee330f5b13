"""CooRTweet's own output, row by row, and a plain reading of its rules on fresh hostile streams."""

from __future__ import annotations

import csv
import math
import random
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from detectors.coaction.compat.coortweet import Rule, network, threshold
from graph.errors import ConfigError
from ingest.direct.sources import recognise
from ingest.direct.verbatim import SCHEMA, messages
from ingest.formats.base import Options

Share = tuple[str, str, str, float]  # object, account, content, time
FILES = {
    "expected_german_url_w60_mp2_q50.csv": "coortweet/ger_url_id.csv",
    "expected_german_hashtag_w60_mp2_q50.csv": "coortweet/ger_hashtag_id.csv",
    "expected_russian_w60_mp2_q50.csv": "coortweet/russian_coord_tweets.parquet",
    "expected_stream_1e4_tags_w60_mp2_q50.csv": "cnt/stream_1e4_tags.csv",
}


def printed(x: float) -> str:
    """A number as data.table's ``fwrite`` prints it: 15 digits, rounded by way of a 16th that is cut off.

    The expected files hold such numbers; its arithmetic is in double precision, and so is this.
    """
    if x == 0:
        return "0"
    mantissa, exponent = math.frexp(x)
    power = math.floor(Fraction(math.log10(2)) * (exponent - 1))
    y = (mantissa * 2) * float(Fraction(2) ** (exponent - 1) / Fraction(10) ** power)
    if y >= 9.99999999999999:
        y, power = y / 10, power + 1
    digits = int(y * 1e15)
    digits = (digits + 10 if digits % 10 >= 5 else digits) // 10
    return repr(float(f"{digits}e{power - 14}"))


def read(path: Path) -> pa.Table:
    found = recognise(path, None, Options())
    assert found is not None
    return messages(found, ())[0]


@pytest.mark.data("coortweet")
@pytest.mark.parametrize("expected", FILES)
def test_expected_files_are_equal_row_by_row(shared_data: Path, expected: str) -> None:
    rows = network(read(shared_data / FILES[expected]), 60, Rule(min_participation=2, edge_weight=0.5)).to_pylist()
    with (shared_data / "coortweet" / expected).open(encoding="utf-8", newline="") as file:
        theirs = list(csv.reader(file))
    assert theirs[0][2:] == list(rows[0])[2:]
    ours = [[v if isinstance(v, str) else printed(v) for v in row.values()] for row in rows]
    assert ours == [[*r[:2], *(repr(float(v)) if float(v) else "0" for v in r[2:])] for r in theirs[1:]]


def table(shares: Sequence[Share]) -> pa.Table:
    rows = [{"actor": a, "message": c, "at": t, "objects": [o]} for o, a, c, t in shares]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def plain(shares: Sequence[Share], window: float, rule: Rule) -> dict[tuple[str, str], list[Any]]:
    """CooRTweet's rules, with every pair of rows compared: columns by pair of accounts, in the tool's order."""
    count: dict[str, int] = defaultdict(int)
    for _, account, _, _ in shares:
        count[account] += 1
    first = {a: i for i, a in reversed([(i, s[1]) for i, s in enumerate(shares)])}
    rows = [r for r in shares if count[r[1]] >= rule.min_participation]
    rows.sort(key=lambda r: first[r[1]])  # stable, as data.table groups
    groups: dict[str, list[Share]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    pairs = [
        (one, other, one[3] - other[3])
        for group in groups.values()
        for j, other in enumerate(group)
        for one in group[:j]
        if abs(one[3] - other[3]) <= window
        and not (rule.remove_loops and (other[0] in {one[2], other[2]} or one[2] == other[2] or one[1] == other[1]))
    ]
    coordinated = {c for one, other, _ in pairs for c in (one[2], other[2])}
    theirs = [r for r in rows if r[2] in coordinated]
    enough: dict[str, int] = defaultdict(int)
    for row in theirs:
        enough[row[1]] += 1
    good = {r[2] for r in theirs if enough[r[1]] >= rule.min_participation}
    found: dict[tuple[str, str], list[tuple[str, str, float]]] = {}
    for one, other, delta in pairs:
        if one[2] not in good and other[2] not in good:
            continue
        old, new = (other[2], one[2]) if delta > 0 else (one[2], other[2])
        ends = min(one[1], other[1]), max(one[1], other[1])
        found.setdefault(ends, []).append((old, new, abs(delta)))
    out = {}
    for ends, met in found.items():
        olds, news = len({m[0] for m in met}), len({m[1] for m in met})
        mean = float(sum(Fraction(m[2]) for m in met) / len(met))
        out[ends] = [len(met), mean, olds, news, min(olds, news) / max(olds, news)]
    return out


def hostile(seed: int) -> list[Share]:
    """Shares with ties, repeated contents, contents that are objects, and objects that are contents."""
    rng = random.Random(seed)
    names = ["a", "B", "b", "_", "é", "a1", "A", "Z"]
    out = []
    for i in range(rng.randrange(30, 90)):
        content = rng.choice([f"c{i}", f"c{rng.randrange(10)}", "o1"])
        thing = rng.choice(["o1", "o2", "o3", content, f"c{rng.randrange(10)}"])
        time = rng.randrange(40) + rng.choice([0.0, 0.0, 0.5, 0.1])
        out.append((thing, rng.choice(names), content, time))
    return out


@pytest.mark.parametrize("seed", range(30))
def test_streams_are_counted_as_the_rules_say(seed: int) -> None:
    rng = random.Random(seed)
    shares = hostile(seed)
    rule = Rule(rng.choice([0, 1, 2, 3]), rng.choice([0.0, 0.3, 0.5, 0.9, 1.0]), rng.random() < 0.8)
    window = rng.choice([0, 1, 2.5, 5, 100])
    expected = plain(shares, window, rule)
    rows = network(table(shares), window, rule).to_pylist()
    got = {(min(r["source"], r["target"]), max(r["source"], r["target"])): r for r in rows}
    assert list(got) == list(expected)
    limit = threshold([r[0] for r in expected.values()], rule.edge_weight)  # type: ignore[arg-type]
    names = ("weight", "avg_time_delta", "n_content_id", "n_content_id_y", "edge_symmetry_score")
    for ends, columns in expected.items():
        assert [got[ends][n] for n in names] == [columns[0], pytest.approx(columns[1], rel=1e-15), *columns[2:]]
        assert got[ends]["weight_threshold"] == int(columns[0] > limit)
    order = list(dict.fromkeys([*(a for a, _ in expected), *(b for _, b in expected)]))
    assert all(order.index(r["source"]) <= order.index(r["target"]) for r in rows)


def test_quantiles_are_rs() -> None:
    import numpy as np

    rng = np.random.default_rng(5)
    for share in (0, 0.1, 0.5, 0.77, 1):
        weights = rng.integers(1, 9, 37)
        assert threshold(weights, share) == pytest.approx(float(np.quantile(weights, share)), rel=1e-12)
    assert threshold(np.array([2, 2, 2]), 0.3) == 2  # not a little more or less, as interpolation may give
    assert math.isnan(threshold(np.array([]), 0.5))


WORKED = "o1 A c1 0,o1 A c2 5,o1 A c3 9,o1 B c4 6,o1 C c5 30,o2 B c6 100,o2 A c7 104,o2 D c8 104,o3 C c9 200,o3 E c10 205,c4 B c11 210,c4 D c12 212,o4 A c7 104,o4 B c6 100"  # fmt: skip  # noqa: E501


@pytest.mark.data("examples")
def test_the_worked_example(shared_data: Path) -> None:
    shares = read(shared_data / "examples" / "ex2.csv")
    parts = [w.split() for w in WORKED.split(",")]
    assert shares.to_pylist() == table([(o, a, c, float(t)) for o, a, c, t in parts]).to_pylist()

    def found(window: float, least: int, share: float = 0.5) -> dict[str, tuple[Any, ...]]:
        rows = network(shares, window, Rule(least, share)).to_pylist()
        return {"-".join(sorted([r["source"], r["target"]])): tuple(r.values())[2:] for r in rows}

    narrow = found(5, 1)
    assert {k: v[0] for k, v in narrow.items()} == {"A-B": 4, "A-D": 1, "B-D": 2, "C-E": 1}
    assert narrow["A-B"][1:4] == (3, 3, 3)
    assert [narrow[k][1] for k in ("A-D", "B-D", "C-E")] == [0, 3, 5]
    assert [sum(v[-1] for v in found(5, 1, q).values()) for q in (0.5, 0.9, 1)] == [2, 1, 0]
    wide = found(10, 1)
    assert wide["A-B"] == (5, 3.6, 4, 3, 0.75, 1)
    assert {k: v for k, v in wide.items() if k != "A-B"} == {k: v for k, v in narrow.items() if k != "A-B"}
    assert set(found(10, 2)) == {"A-B", "A-D", "B-D"}
    assert [k for k, v in found(10, 2).items() if v[-1]] == ["A-B"]


def test_a_narrower_window_stands_beside(shared_data: Path) -> None:
    shares = read(shared_data / "examples" / "ex2.csv")
    rows = network(shares, 10, Rule(1, 0.5, fast_s=3)).to_pylist()
    fast = {r["source"] + r["target"]: (r["weight_full"], r["weight_fast"]) for r in rows}
    # A and B met within 3 s on o1 once (c2, c4) and once more (c4, c3); C and E only within 5 s
    assert fast == {"AB": (5, 2), "BD": (2, 1), "AD": (1, 1), "CE": (1, None)}
    for subgraph, kept in ((2, {"AB"}), (3, {"AB", "BD", "AD"})):
        rows = network(shares, 10, Rule(1, 0.5, fast_s=3, subgraph=subgraph)).to_pylist()
        assert {r["source"] + r["target"] for r in rows} == kept
    rows = network(shares, 10, Rule(1, 0.5, subgraph=1)).to_pylist()
    assert {r["source"] + r["target"] for r in rows} == {"AB", "BD"}


def test_rules_that_contradict_themselves_and_too_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    for rule, words in (
        (Rule(subgraph=4), "no subgraph"),
        (Rule(subgraph=2), "fast network"),
        (Rule(subgraph=1, fast_s=1), "empty graph"),
    ):
        with pytest.raises(ConfigError, match=words):
            network(table(hostile(1)), 10, rule)
    monkeypatch.setattr("detectors.coaction.compat.coortweet.MOST_PAIRS", 3)
    with pytest.raises(ConfigError, match="CooRTweet lists each of them"):
        network(table(hostile(1)), 100, Rule())
    assert network(table([]), 10).num_rows == 0
