"""Channels that pump together: average precision over pairs of Telegram channels, the channels being the accounts.

The truth is which channels share at least two logged pumps; the log is no input. There are 19 such pairs of some
12,500, so that every figure has a wide interval and none has a target. Pairs are scored by what the detector's own
search computes (:mod:`detectors.promotion.pairs`); beside it stands the cosine of TF-IDF vectors over coin × five
minutes, on the same reading of coins.
"""

from __future__ import annotations

import csv
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.report import Result
from detectors.base import Scope, resolve
from detectors.evaluating.resampling import intervals
from detectors.promotion.pairs import ANNOUNCED, layers_of, pair_scores
from detectors.shilling import Shilling
from graph.schema import TABLES
from graph.store import Store, open_store

Floats = npt.NDArray[np.float64]
QUICK = 20_000  # newest messages that the quick form reads
BIN_S = 300
WINDOWS = (60.0, 300.0)


def results(data: Path, *, quick: bool) -> list[Result]:
    """Average precision of each score, with the bootstrap interval over pairs."""
    folder = data / "telegram"
    with tempfile.TemporaryDirectory() as temporary, open_store("memory://", Path(temporary)) as store:
        channels = fill(store, folder / "messages.parquet", QUICK if quick else None)
        with store.view() as view:
            layers = layers_of(view, resolve(Shilling(), {}, "bench"), Scope())
    pairs = list(combinations(channels, 2))
    with (folder / "truth_channel_pairs.csv").open(encoding="utf-8") as file:
        truth = {tuple(sorted((_key(row["a"]), _key(row["b"])))) for row in csv.DictReader(file)}
    labels = np.array([pair in truth for pair in pairs])
    if not labels.any():
        return []
    said = {}
    announced = {name: layers[name] for name in ANNOUNCED if name in layers}
    for window in WINDOWS:
        said[f"announcements within {window:g} s"] = scored(announced, window, pairs)
        said[f"all layers within {window:g} s"] = scored(layers, window, pairs)
    said["coins named within 300 s"] = scored({"co_coin": layers["co_coin"]}, 300.0, pairs)
    said["baseline: cosine of TF-IDF over coin × 5 min"] = cosine(layers["co_coin"], pairs)
    return figures(said, labels)


def figures(said: dict[str, Floats], labels: npt.NDArray[np.bool_]) -> list[Result]:
    """One figure a score."""
    from sklearn.metrics import average_precision_score

    def of(weight: Floats) -> dict[str, float | None]:
        if not (weight * labels).any():
            return {}
        return {n: float(average_precision_score(labels, s, sample_weight=weight)) for n, s in said.items()}

    values, spread = of(np.ones(len(labels))), intervals(of, np.arange(len(labels)))
    return [Result("pairs of channels", float(labels.sum()), f"true of {len(labels)}")] + [
        Result(f"AP of pairs of channels, {name}", value or 0.0, "1", low=spread[name].low, high=spread[name].high)
        for name, value in values.items()
    ]


def fill(store: Store, path: Path, newest: int | None) -> list[str]:
    """Messages as posts of their channels; the channels' keys, sorted."""
    there = pq.read_schema(path).names  # links may be missing
    wanted = [c for c in ("channel_id", "msg_id", "date", "text", "urls") if c in there]
    table = pq.read_table(path, columns=wanted).sort_by("date")
    table = (table.slice(table.num_rows - newest) if newest else table).combine_chunks()
    count = table.num_rows
    channel = pc.binary_join_element_wise(pa.scalar("telegram"), pc.cast(table["channel_id"], pa.string()), ":")
    post = pc.binary_join_element_wise(channel, pc.cast(table["msg_id"], pa.string()), "/")
    nothing, unknown = pa.array([[]] * count, pa.list_(pa.string())), pa.nulls(count, pa.string())
    urls = table["urls"].to_pylist() if "urls" in there else [None] * count
    links = pa.array([sorted(set(own or [])) for own in urls], pa.list_(pa.string()))
    text = pc.cast(table["text"], pa.string())
    columns = [
        post,
        channel,
        table["date"],
        pa.array(["post"] * count),
        unknown,
        text,
        unknown,
        nothing,
        links,
        nothing,
    ]
    whole = [c.combine_chunks() if isinstance(c, pa.ChunkedArray) else c for c in columns]
    with store.writer() as writer:
        writer.write("posts", pa.RecordBatch.from_arrays(whole, schema=TABLES["posts"].schema))
    found: list[str] = sorted(pc.unique(channel).to_pylist())
    return found


def scored(layers: dict[str, pa.Table], window: float, pairs: list[tuple[str, str]]) -> Floats:
    """The search's score of each pair; 0 where they never met."""
    table = pair_scores(layers, window)
    met = dict(
        zip(
            zip(table["source"].to_pylist(), table["target"].to_pylist(), strict=True),
            table["score"].to_pylist(),
            strict=True,
        )
    )
    return np.array([met.get(pair, 0.0) for pair in pairs])


def cosine(table: pa.Table, pairs: list[tuple[str, str]]) -> Floats:
    """The baseline's score of each pair."""
    from scipy.sparse import coo_array
    from sklearn.feature_extraction.text import TfidfTransformer

    actor, thing = (table[name].combine_chunks() for name in ("actor", "object"))
    bins = table["at"].cast(pa.int64()).to_numpy() // (BIN_S * 1_000_000)
    _, place = np.unique(np.stack([thing.indices.to_numpy(), bins]), axis=1, return_inverse=True)
    seen = coo_array((np.ones(len(bins)), (actor.indices.to_numpy(), place))).tocsr()
    seen.sum_duplicates()
    seen.data[:] = 1
    vectors = TfidfTransformer().fit_transform(seen)
    alike = (vectors @ vectors.T).toarray()
    row = {name: i for i, name in enumerate(actor.dictionary.to_pylist())}
    return np.array([alike[row[a], row[b]] if a in row and b in row else 0.0 for a, b in pairs])


def _key(channel: str) -> str:
    return f"telegram:{channel}"
