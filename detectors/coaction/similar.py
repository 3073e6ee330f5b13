"""Posts whose texts are nearly the same, within a window: the sweep with "similar" in the place of "the same".

The weight u → v is the number of distinct messages of u for which v has another message within the window whose text is
similar to it (:mod:`detectors.text`). Similarity is not transitive, so there is no one object that these messages
share; where one is needed (chance, rings, evidence), :meth:`Similar.clusters` names the one that each text belongs to.

Each different text is compared once, however many copies there are, and only with texts used within a window of it.
Counting then walks, account by account, the events of each text and of those similar to it: no pair of events is
stored, time is proportional to the pairs in windows.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from os import cpu_count
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from detectors.coaction.coded import read, width_of
from detectors.coaction.hubs import Hubs
from detectors.coaction.sweep import DEFAULT_HUBS, Edges, Ints, Longs
from detectors.text import MOST, THRESHOLD, Near, comparable, near
from graph.projection import SCHEMA, coded

if TYPE_CHECKING:
    from detectors.coaction.similar_kernels import NearPlan

WIDEST = 1 << 62  # µs; more than all times there are, and room to add a time to it
SHOWN = 40  # characters of a text that is named


class Similar:
    """An event table of texts prepared for one window and one threshold.

    Parameters
    ----------
    events : pyarrow.Table
        As :func:`graph.projection.events` gives the trace ``text``. Those whose text is empty when made comparable
        are left out.
    window_s : float
        Width in seconds, ≥ 0: two events are together when their times differ by at most this much.
    threshold : float
        Least Jaccard similarity of two texts, .5 … 1.
    threads : int, optional
        How many threads count; all processors by default. The result does not depend on it.
    most : int
        Candidates of similar texts looked at, at most (:func:`detectors.text.near`).
    hubs : Hubs or None
        Which texts are not counted because their posts have too many posts of similar texts in their windows; they are
        named in ``limits``. None: all are counted, whatever it costs.

    Attributes
    ----------
    texts : list of str
        The different texts, comparable and sorted.
    near : Near
        Which of them are similar.
    empty : int
        Events left out.
    hubs : ndarray of int64
        Places of the texts that are not counted, most used first.
    """

    def __init__(
        self,
        events: pa.Table,
        window_s: float,
        threshold: float = THRESHOLD,
        *,
        threads: int | None = None,
        most: int = MOST,
        hubs: Hubs | None = DEFAULT_HUBS,
    ) -> None:
        self.width = min(width_of(window_s), WIDEST)
        self.threads = threads or cpu_count() or 1
        found, (self.names, things, self.ids) = read(events)
        used = np.unique(found.objects)
        folded = [comparable(text) for text in things.take(pa.array(used)).to_pylist()]
        self.texts = sorted(set(folded) - {""})
        place = {text: code for code, text in enumerate(self.texts)}
        codes = np.full(len(things), -1, np.int32)
        codes[used] = [place.get(text, -1) for text in folded]
        texts = codes[found.objects]
        kept = np.flatnonzero(texts >= 0)
        self.empty = len(texts) - len(kept)
        order = kept[np.lexsort((found.times[kept], texts[kept]))]
        self.texts_of: Ints = texts[order]
        self.times: Longs = found.times[order]
        self.actors: Ints = found.actors[order]
        self.messages: Ints = found.messages[order]
        self.starts: Longs = np.searchsorted(self.texts_of, np.arange(len(self.texts) + 1))
        spans = np.stack([self.times[self.starts[:-1]], self.times[self.starts[1:] - 1]], axis=1)
        self.near: Near = near(self.texts, threshold, spans=spans, width=self.width, most=most)
        self.hubs, self._near = self._split(hubs)

    def _split(self, hubs: Hubs | None) -> tuple[Longs, tuple[Longs, Ints]]:
        """Texts that are not counted, most used first, and for each other text those similar to it."""
        from detectors.coaction.similar_kernels import near_crowds

        bounds, others = self.near.neighbours()
        if hubs is None:
            return np.empty(0, np.int64), (bounds, others)
        uses = np.diff(self.starts)
        hub = near_crowds(self.starts, self.times, bounds, others, self.width) > (hubs.per_window + 1) * uses
        left = np.flatnonzero(hub)
        kept = ~(hub[others] | np.repeat(hub, np.diff(bounds)))
        counts = np.concatenate([[0], np.cumsum(kept)])
        return left[np.argsort(-uses[left], kind="stable")], (counts[bounds], others[kept])

    @cached_property
    def limits(self) -> tuple[str, ...]:
        """What was left out, in words."""
        said = []
        if self.empty:
            many = f"{self.empty} posts without words of their own were left out"
            said.append(many if self.empty > 1 else "1 post without words of its own was left out")
        if self.near.crowded:
            said.append(f"{self.near.crowded} texts had too many like them to be compared with each: pairs are missing")
        if len(self.hubs):
            uses = np.diff(self.starts)[self.hubs]
            others = f" and {len(uses) - 1} more" if len(uses) > 1 else ""
            share = uses.sum() / len(self.times)
            said.append(
                f"“{_short(self.texts[self.hubs[0]])}”{others} skipped: {100 * share:.3g} % of all texts posted"
            )
        return tuple(said)

    def by_message(self, *, min_weight: int = 1, loops: bool = False) -> Edges:
        """Weight u → v: number of distinct messages of u with a message of v in the window that has a similar text."""
        from detectors.coaction import similar_kernels as kernels

        plan = self._plan(self.messages)

        def count(begin: int, end: int) -> Ints:
            return kernels.near_messages(plan, begin, end, min_weight, loops)

        degrees = np.diff(plan.near_bounds)[self.texts_of]
        work = np.concatenate([[0], np.cumsum(degrees[plan.order])])[plan.bounds]
        cuts = np.searchsorted(work, np.linspace(0, work[-1], self.threads + 1)).tolist()
        cuts[0], cuts[-1] = 0, len(self.names)
        with ThreadPoolExecutor(self.threads) as pool:
            parts = list(pool.map(count, cuts[:-1], cuts[1:]))
        source, target, weight = np.concatenate(parts, axis=1)
        order = np.lexsort((target, source))
        return Edges(source[order], target[order], weight[order], self.names)

    def spans(self, edges: Edges) -> tuple[Longs, Longs, Longs]:
        """Of edges of this count: the source's first and last meeting (µs), and how many of its texts met one."""
        from detectors.coaction import similar_kernels as kernels

        bounds = np.searchsorted(edges.source, np.arange(len(self.names) + 1))
        out = np.zeros((3, len(edges)), np.int64)
        kernels.near_spans(self._plan(self.texts_of), bounds, edges.target, out)
        return out[0], out[1], out[2]

    def clusters(self) -> pa.Table:
        """The events with the centre of their text's cluster as the object (:meth:`detectors.text.Near.clusters`).

        Copies of one text are always in one cluster; a text without similar ones is a cluster of its own.
        """
        centres = self.near.clusters(np.diff(self.starts))
        things = pa.DictionaryArray.from_arrays(pa.array(centres[self.texts_of]), pa.array(self.texts, pa.string()))
        table = pa.table(
            [
                coded(pa.DictionaryArray.from_arrays(pa.array(self.actors), self.names)),
                coded(things),
                pa.array(self.times).cast(SCHEMA.field("at").type),
                coded(pa.DictionaryArray.from_arrays(pa.array(self.messages), self.ids)),
            ],
            schema=SCHEMA,
        )
        return table.take(_sorted(table))

    def _plan(self, within: Ints) -> NearPlan:
        """The events account by account, in the given order within an account."""
        from detectors.coaction.similar_kernels import NearPlan

        order = np.lexsort((within, self.actors))
        bounds = np.searchsorted(self.actors[order], np.arange(len(self.names) + 1))
        events = (self.actors, self.texts_of, self.messages, self.times)
        return NearPlan(order, bounds, *events, self.starts, *self._near, self.width)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _sorted(table: pa.Table) -> pa.Array:
    """The order of an event table: by object, time, actor and message."""
    keys = [table[n].combine_chunks().indices.to_numpy() for n in ("message", "actor")]
    return pa.array(np.lexsort((*keys, table["at"].cast(pa.int64()), table["object"].combine_chunks().indices)))
