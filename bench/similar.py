"""Posts with nearly the same text: how fast they are found and counted, and how many of the pairs are.

Made posts are short, all different and in part copies with words changed; real ones are in ../shared/data/stocknet. CPU
seconds go from the event table to weighted edges, compiled code being there. Recall is of the pairs of texts with a
Jaccard similarity of at least .8, against the product of the matrix text × shingle with itself, which knows all; a pair
that is found and that the product does not have would be a false one. A flood is of texts from one template, all at
once: pairs beyond a stated number are not compared there, and how many texts that concerns is said.

``--peer cnt``: beside coordination-network-toolkit's co_similar on 1e4 made posts within an hour, two threads on both
sides, from its imported database to its result table. It compares all pairs in a window, and sets of words.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.sparse import csr_array

from bench.peers import SHARED
from bench.peers import peer as peer_of
from bench.report import Result, at_least, at_most
from detectors.coaction.similar import Similar
from detectors.text import comparable, near
from graph.projection import SCHEMA, coded, fold_text
from graph.schema import TIME

THRESHOLD = 0.8
WINDOW_S = 3600.0
SECONDS = 10.0  # of CPU, for 1e5 different posts
RECALL = 0.99
CNT = ("message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls")
TOOLKIT = """
import json, sys, time
from coordination_network_toolkit import compute_networks, preprocess
if __name__ == "__main__":
    database, posts, window, least = sys.argv[1:]
    preprocess.preprocess_csv_files(database, [posts])
    began = time.perf_counter()
    compute_networks.compute_co_similar_tweet(
        database, float(window), n_threads=2, similarity_threshold=float(least), min_edge_weight=2
    )
    print(json.dumps({"seconds": time.perf_counter() - began}))
"""
SYLLABLES = ("ba", "co", "di", "fu", "ge", "ha", "ki", "lo", "mu", "ne", "pa", "ri", "so", "tu", "ve", "za")
DAYS = 7


def arguments(parser: argparse.ArgumentParser) -> None:
    """``full`` is what is measured unless ``--quick`` is given."""
    parser.add_argument("--peer", choices=["cnt"], help="only the comparison with this peer")
    parser.add_argument("--full", action="store_true", help="all of it, which is what is done anyway")


def run(*, quick: bool, full: bool = False, peer: str | None = None) -> list[Result]:
    """Measure; the quick form takes a tenth of the posts."""
    if peer:
        return _beside(10_000)
    count, sample = (10_000, 2_000) if quick and not full else (100_000, 20_000)
    _counted(stream(made(200, 1)))  # compiles
    results = [*_speed("made", stream(made(count, 7)), SECONDS * count / 1e5)]
    real = stocknet()
    results += _speed("real", real.slice(0, count), SECONDS * count / 1e5)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    results.append(at_most("peak memory of the process so far", [peak], "MB"))
    for name, texts in (("made", made(sample, 11)), ("real", real["object"].slice(0, sample).to_pylist())):
        results += _recall(name, sorted({c for t in texts if (c := comparable(t)).isascii()} - {""}))
    return [*results, *_flood(count)]


def _speed(name: str, events: pa.Table, target: float) -> list[Result]:
    seconds, found = _counted(events)
    posts = events.num_rows
    return [
        at_most(f"{name}: CPU for {posts} posts, {len(found.texts)} different texts, to edges", [seconds], "s", target),
        at_least(f"{name}: posts per CPU second", [posts / seconds], "1/s"),
        at_least(f"{name}: pairs of similar texts within {WINDOW_S:g} s", [float(found.near.pairs.shape[1])], "pairs"),
    ]


def _counted(events: pa.Table) -> tuple[float, Similar]:
    began = time.process_time()
    found = Similar(events, WINDOW_S, THRESHOLD)
    found.by_message(min_weight=2)
    return time.process_time() - began, found


def _recall(name: str, texts: Sequence[str]) -> list[Result]:
    """Of all pairs of some texts, whatever their times."""
    expected = product(texts)
    pairs = near(texts, THRESHOLD).pairs.astype(np.int64)
    found = np.sort(pairs[0] * len(texts) + pairs[1])
    share = len(np.intersect1d(found, expected)) / max(len(expected), 1)
    false = len(np.setdiff1d(found, expected))
    return [
        at_least(f"{name}: recall of {len(expected)} pairs among {len(texts)} texts", [share], "1", RECALL),
        at_most(f"{name}: false pairs", [float(false)], "pairs", 0.0),
    ]


def _flood(count: int) -> list[Result]:
    texts = [f"do not sleep on $pump, it is going to the moon tonight, be there: {i}" for i in range(count)]
    events = stream(texts, span_s=0)
    began = time.process_time()
    found = Similar(events, WINDOW_S, THRESHOLD)
    found.by_message(min_weight=2)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return [
        at_most(f"flood: CPU for {count} texts of one template at once", [seconds], "s"),
        at_most("flood: texts not compared with all like them", [float(found.near.crowded)], "texts"),
        at_most("flood: peak memory of the process", [peak], "MB"),
    ]


def _beside(count: int) -> list[Result]:
    """Wall seconds, because the toolkit's work is done by processes of its own."""
    _counted(stream(made(200, 1)))  # compiles
    events = stream(made(count, 7))
    with tempfile.TemporaryDirectory() as folder:
        posts = Path(folder) / "posts.csv"
        with posts.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(CNT)
            rows.writerows(
                (r["message"], r["actor"], r["actor"], "", "", r["object"], r["at"].timestamp(), "")
                for r in events.to_pylist()
            )
        python = peer_of("cnt").parent / "python"
        done = subprocess.run(
            [str(python), "-c", TOOLKIT, str(Path(folder) / "posts.db"), str(posts), str(WINDOW_S), str(THRESHOLD)],
            capture_output=True,
            text=True,
            check=True,
        )
    theirs = float(json.loads(done.stdout.splitlines()[-1])["seconds"])
    began = time.perf_counter()
    Similar(events, WINDOW_S, THRESHOLD, threads=2).by_message(min_weight=2)
    ours = time.perf_counter() - began
    return [
        at_most(f"coordination-network-toolkit: co_similar of {count} posts", [theirs], "s"),
        at_most(f"Lockstep: co_similar of {count} posts", [ours], "s"),
        at_least("times as fast", [theirs / ours], "1"),
    ]


def made(count: int, seed: int) -> list[str]:
    """Different short posts, about half of them another one with a few words changed."""
    rng = random.Random(seed)
    words = ["".join(rng.choices(SYLLABLES, k=rng.randrange(1, 5))) for _ in range(8000)]
    frequent = [1 / (i + 3) for i in range(len(words))]
    texts: dict[str, None] = {}
    while len(texts) < count:
        base = rng.choices(words, frequent, k=rng.randrange(5, 26))
        texts[" ".join(base)] = None
        for _ in range(rng.choice([0, 0, 1, 1, 4])):
            copy = list(base)
            for place in rng.sample(range(len(base)), rng.choice([1, 1, 2, 3])):
                copy[place] = rng.choice(words)
            texts[" ".join(copy)] = None
    return list(texts)[:count]


def stream(texts: Sequence[str], *, span_s: float = DAYS * 86_400.0, seed: int = 3) -> pa.Table:
    """Posts with these texts, one each, over a week unless said, by a tenth as many accounts."""
    rng = np.random.default_rng(seed)
    count = len(texts)
    accounts = rng.integers(0, max(count // 10, 2), count)
    times = np.sort(rng.integers(0, max(int(span_s * 1e6), 1), count))
    return pa.table(
        [
            coded(pa.array([f"u{a}" for a in accounts])),
            coded(pa.array(texts, pa.string())),
            pa.array(times, pa.int64()).cast(TIME),
            coded(pa.array([f"m{i}" for i in range(count)])),
        ],
        schema=SCHEMA,
    )


def stocknet() -> pa.Table:
    """The real posts that are no retweets, as the trace ``text`` has them, in the order of time."""
    posts = pq.read_table(SHARED / "stocknet" / "stocknet_posts.parquet").sort_by("created_at")
    posts = posts.filter(pc.is_null(posts["retweet_of"]))
    texts = pa.array([fold_text(t or "") for t in posts["text"].to_pylist()], pa.string())
    columns = [
        posts["author"].cast(pa.string()),
        texts,
        posts["created_at"].cast(TIME),
        posts["post_id"].cast(pa.string()),
    ]
    return pa.table([columns[2] if i == 2 else coded(c) for i, c in enumerate(columns)], schema=SCHEMA)


def product(texts: Sequence[str], rows: int = 500) -> npt.NDArray[np.int64]:
    """Every pair of similar texts, as lesser place × number of texts + greater place; texts without wide characters."""
    sets = [{t[i : i + 5] for i in range(max(len(t) - 4, 1))} for t in texts]
    numbers: dict[str, int] = {}
    columns = [numbers.setdefault(s, len(numbers)) for some in sets for s in some]
    sizes = np.array([len(s) for s in sets])
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    matrix = csr_array((np.ones(len(columns), np.int32), columns, bounds), shape=(len(texts), len(numbers)))
    turned = matrix.T.tocsr()
    found = [np.empty(0, np.int64)]
    for begin in range(0, len(texts), rows):
        common = (matrix[begin : begin + rows] @ turned).tocoo()
        i, j = common.row.astype(np.int64) + begin, common.col.astype(np.int64)
        keep = (i < j) & (common.data / (sizes[i] + sizes[j] - common.data) >= THRESHOLD)
        found.append(i[keep] * len(texts) + j[keep])
    return np.sort(np.concatenate(found))
