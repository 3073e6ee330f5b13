"""Posts as arrays: what rings are planted in, whose accounts can be shuffled, and what the engine is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bench.peers import SHARED
from graph.projection import SCHEMA
from graph.schema import TIME

Ints = npt.NDArray[np.int64]
GERMAN = SHARED / "coortweet" / "german_elections.parquet"
LAYERS = (("co_link", "url_id"), ("co_hashtag", "hashtag_id"))


@dataclass(frozen=True)
class Posts:
    """Events of several layers: who used what, when, in which post.

    Attributes
    ----------
    actor, thing, at, message, layer : ndarray of int64, shape (n_events,)
        Codes; ``at`` in µs. Things of different layers have different codes; a message has one actor and one time.
    layers : sequence of str
        Names, by the layer's code.
    """

    actor: Ints
    thing: Ints
    at: Ints
    message: Ints
    layer: Ints
    layers: Sequence[str]

    def __len__(self) -> int:
        return len(self.actor)

    def shuffled(self, rng: np.random.Generator) -> Posts:
        """The same posts at the same times, their authors dealt out anew: whoever is together now is so by chance."""
        _, first, place = np.unique(self.message, return_index=True, return_inverse=True)
        return replace(self, actor=rng.permutation(self.actor[first])[place])

    def with_posts(self, actor: Ints, thing: Ints, at: Ints, layer: Ints) -> Posts:
        """These and further posts, each with one object."""
        first = int(self.message.max(initial=-1)) + 1
        message = np.arange(first, first + len(actor))
        return Posts(
            np.concatenate([self.actor, actor]),
            np.concatenate([self.thing, thing]),
            np.concatenate([self.at, at]),
            np.concatenate([self.message, message]),
            np.concatenate([self.layer, layer]),
            self.layers,
        )

    def tables(self) -> dict[str, pa.Table]:
        """An event table for each layer, as the engine reads them; accounts are named ``a17``."""
        found = {}
        for code, name in enumerate(self.layers):
            mask = self.layer == code
            columns = (self.actor[mask], self.thing[mask], self.message[mask])
            actor, thing, message = (_coded(c, p) for c, p in zip(columns, "aom", strict=True))
            at = pa.array(self.at[mask]).cast(TIME)
            found[name] = pa.table([actor, thing, at, message], schema=SCHEMA)
        return found


def _coded(values: Ints, prefix: str) -> pa.DictionaryArray:
    distinct, places = np.unique(values, return_inverse=True)
    names = pa.array([f"{prefix}{v}" for v in distinct.tolist()], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), names)


def german_elections(path: Path = GERMAN, layers: Sequence[tuple[str, str]] = LAYERS) -> Posts:
    """Links and hashtags in posts about an election (Facebook and Twitter, 2021)."""
    table = pq.read_table(path)
    _, actors = np.unique(table["account_id"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    times = (table["timestamp"].to_numpy() * 1e6).astype(np.int64)
    parts: list[tuple[Ints, ...]] = []
    offset = 0
    for code, (_, column) in enumerate(layers):
        rows = np.flatnonzero(table[column].is_valid().to_numpy(zero_copy_only=False))
        things = table[column].take(pa.array(rows)).to_numpy().astype(np.int64)
        messages = table["post_id"].take(pa.array(rows)).to_numpy().astype(np.int64)
        found = np.unique(
            np.stack([actors[rows], things + offset, times[rows], messages]), axis=1
        )  # a post says it once
        parts.append((*found, np.full(found.shape[1], code)))
        offset += int(things.max()) + 1
    actor, thing, at, message, layer = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _one_author(Posts(actor, thing, at, message, layer, [name for name, _ in layers]))


def _one_author(posts: Posts) -> Posts:
    """The posts, where an id that two accounts or two times share counts as several posts."""
    keys = np.stack([posts.message, posts.actor, posts.at])
    _, message = np.unique(keys, axis=1, return_inverse=True)
    return replace(posts, message=message.astype(np.int64))


def scores(found: Sequence[set[str]], truth: Sequence[set[str]]) -> Mapping[str, float]:
    """Precision, recall and F1 of accounts: those in any ring found against those in any ring planted."""
    mine, true = set().union(*found), set().union(*truth)
    hit = len(mine & true)
    precision, recall = hit / len(mine) if mine else 1.0, hit / len(true) if true else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}
