"""CooRTweet 2.1.3, exactly: the same edges, weights and scores, in the same order.

What surprises in it is kept:

- the weight of two accounts is the number of pairs of their contents: one post near a hundred posts weighs 100, and the
  same two contents on two objects weigh 2;
- an account with few coordinated contents stays where its partner has enough;
- ``n_content_id`` counts older contents and ``n_content_id_y`` newer ones, whoever's they are, so that
  ``edge_symmetry_score`` is not about the two accounts;
- the threshold is a quantile (type 7 of Hyndman and Fan, 1996) that a weight must exceed, so that at 1 nothing does.

Names are compared in the order of their characters (R's ``C`` collation). Under another locale R may call the other
account the first one, where names differ in case or punctuation; nothing but the two names' places depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import ConfigError

if TYPE_CHECKING:
    from detectors.coaction.compat.kernels import Kept

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MOST_PAIRS = 200_000_000
"""Pairs of contents that are listed at most: CooRTweet's weight is their number."""


@dataclass(frozen=True)
class Rule:
    """CooRTweet's own options.

    Parameters
    ----------
    min_participation : int
        Least number of rows of an account, and of its rows with coordinated contents.
    edge_weight : float
        Quantile of the weights, in [0, 1], above which an edge is marked.
    remove_loops : bool
        Whether an account's pairs with itself, and contents that are their own object, are left out.
    fast_s : float or None
        A narrower window: weights of the pairs within it stand beside the others (``flag_speed_share``, ``fast_net``).
    subgraph : int
        0: all edges. 1: those above the threshold. 2: those above the fast threshold. 3: those with a fast pair.
    """

    min_participation: int = 2
    edge_weight: float = 0.5
    remove_loops: bool = True
    fast_s: float | None = None
    subgraph: int = 0


@dataclass(frozen=True)
class _Shares:
    """Rows of accounts with enough of them, in CooRTweet's order: by each account's first row, then as they came."""

    objects: Longs
    accounts: Longs
    contents: Longs
    times: Floats
    own: npt.NDArray[np.bool_]  # whether the content is the object itself
    names: pa.Array


@dataclass(frozen=True)
class _Pairs:
    """Pairs of shares, the older one first, in CooRTweet's order."""

    older: Longs
    newer: Longs
    delta: Floats

    def take(self, keep: npt.NDArray[Any]) -> _Pairs:
        return _Pairs(self.older[keep], self.newer[keep], self.delta[keep])


def network(shares: pa.Table, window_s: float, rule: Rule = Rule()) -> pa.Table:
    """The network that ``detect_groups`` and ``generate_coordinated_network`` give.

    Parameters
    ----------
    shares : pyarrow.Table
        As :data:`ingest.direct.verbatim.SCHEMA` has it: actor, message (the content), at (s), objects.
    window_s : float
        Seconds, ≥ 0.

    Returns
    -------
    pyarrow.Table
        from and to as ``source`` and ``target``, weight, avg_time_delta (s), n_content_id, n_content_id_y,
        edge_symmetry_score, weight_threshold (1 above the quantile); with ``fast_s`` each of them with ``_full`` and
        ``_fast``. Rows as the tool orders them.

    Raises
    ------
    ConfigError
        The rule contradicts itself, or the pairs are too many to be listed.
    """
    _consistent(rule)
    rows = _shares(shares, rule.min_participation)
    pairs = _participating(rows, _pairs(rows, window_s, loopless=rule.remove_loops), rule)
    if rule.fast_s is None:
        table = _oriented(_weighted(rows, pairs), rule)
        return table.filter(pc.equal(table["weight_threshold"], 1)) if rule.subgraph == 1 else table
    return _both(rows, pairs, pairs.delta <= rule.fast_s, rule)


def shares(messages: pa.Table, kind: str) -> pa.Table:
    """Messages whose objects are what they repost, reply to or say, where they are not links, tags or a column.

    Parameters
    ----------
    kind : str
        Network type as :data:`detectors.coaction.compat.cnt.PARTS` names it.
    """
    column = {"co_retweet": "repost", "co_reply": "reply", "co_tweet": "text"}.get(kind)
    if kind == "co_post":
        things = pa.repeat("*", messages.num_rows)
    elif column is not None:
        things = messages[column].combine_chunks()
    else:
        return messages
    there = things.is_valid()
    offsets = np.concatenate([[0], np.cumsum(there.to_numpy(zero_copy_only=False))])
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), things.drop_null())
    return messages.set_column(messages.schema.get_field_index("objects"), "objects", lists)


def _consistent(rule: Rule) -> None:
    if rule.subgraph not in {0, 1, 2, 3}:
        raise ConfigError(f"no subgraph {rule.subgraph}", "--compat coortweet", "0, 1, 2 or 3")
    if rule.subgraph in {2, 3} and rule.fast_s is None:
        raise ConfigError(f"subgraph {rule.subgraph} is of the fast network", "--compat coortweet", "--fast-window S")
    if rule.subgraph == 1 and rule.fast_s is not None:
        raise ConfigError(
            "CooRTweet gives an empty graph for subgraph 1 of a fast network", "--compat coortweet", "subgraph 2 or 3"
        )


def _shares(table: pa.Table, least: int) -> _Shares:
    """One row an object, of the accounts that have enough rows."""
    lists = table["objects"].combine_chunks()
    place = pc.list_parent_indices(lists)
    columns = {n: table[n].take(place).combine_chunks() for n in ("actor", "message", "at")}
    things = pc.list_flatten(lists)
    accounts = columns["actor"].dictionary_encode()  # numbered as they first appear
    codes = accounts.indices.to_numpy().astype(np.int64)
    enough = np.bincount(codes, minlength=len(accounts.dictionary)) >= least
    order = np.argsort(codes, kind="stable")
    order = order[enough[codes[order]]]
    objects, contents = things.dictionary_encode(), columns["message"].dictionary_encode()
    return _Shares(
        objects.indices.to_numpy().astype(np.int64)[order],
        codes[order],
        contents.indices.to_numpy().astype(np.int64)[order],
        columns["at"].to_numpy()[order],
        pc.equal(things, columns["message"]).to_numpy(zero_copy_only=False)[order],
        accounts.dictionary,
    )


def _pairs(rows: _Shares, window_s: float, *, loopless: bool) -> _Pairs:
    from detectors.coaction.compat import kernels

    by_time = np.lexsort((rows.times, rows.objects))
    objects, times = rows.objects[by_time].astype(np.int32), rows.times[by_time]
    later = np.empty(len(times), np.int64)
    total = kernels.pairs_within(objects, times, float(window_s), later)
    if total > MOST_PAIRS:
        raise ConfigError(
            f"{total:,} pairs of contents lie in the window, more than {MOST_PAIRS:,}: CooRTweet lists each of them",
            "--compat coortweet",
            "narrow the window, leave out the most shared objects, or count without --compat",
        )
    kept = _kept(rows, by_time, loopless=loopless)
    one, other = np.empty(total, np.int32), np.empty(total, np.int32)
    used = kernels.listed(later, kept, one, other)
    earlier, last = by_time[one[:used]], by_time[other[:used]]
    delta = rows.times[last] - rows.times[earlier]
    # of two at the same time the one whose row comes first is the older one
    swap = (delta == 0) & (earlier > last)
    older, newer = np.where(swap, last, earlier), np.where(swap, earlier, last)
    first = np.full(int(rows.objects.max(initial=-1)) + 1, len(times))
    np.minimum.at(first, rows.objects, np.arange(len(times)))
    order = np.lexsort((np.minimum(older, newer), np.maximum(older, newer), first[rows.objects[older]]))
    return _Pairs(older[order], newer[order], delta[order])


def _kept(rows: _Shares, order: Longs, *, loopless: bool) -> Kept:
    from detectors.coaction.compat.kernels import Kept

    accounts, contents = (c[order].astype(np.int32) for c in (rows.accounts, rows.contents))
    return Kept(rows.own[order], accounts, contents, loopless)


def _participating(rows: _Shares, pairs: _Pairs, rule: Rule) -> _Pairs:
    """Pairs of which a content is of an account with enough rows of such contents."""
    if rule.min_participation < 1:
        return pairs
    coordinated = np.zeros(int(rows.contents.max(initial=-1)) + 1, bool)
    coordinated[rows.contents[pairs.older]] = coordinated[rows.contents[pairs.newer]] = True
    theirs = coordinated[rows.contents]
    enough = np.bincount(rows.accounts[theirs], minlength=len(rows.names)) >= rule.min_participation
    good = np.zeros_like(coordinated)
    good[rows.contents[theirs & enough[rows.accounts]]] = True
    return pairs.take(good[rows.contents[pairs.older]] | good[rows.contents[pairs.newer]])


@dataclass(frozen=True)
class _Weighted:
    """Unordered pairs of accounts as codes by name, in the order of their first pair of contents."""

    low: Longs
    high: Longs
    columns: dict[str, npt.NDArray[Any]]
    names: pa.Array  # sorted


def _weighted(rows: _Shares, pairs: _Pairs) -> _Weighted:
    order = pc.sort_indices(rows.names).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    one, other = rank[rows.accounts[pairs.older]], rank[rows.accounts[pairs.newer]]
    size = max(len(order), 1)
    key = np.minimum(one, other) * size + np.maximum(one, other)
    keys, first, group = np.unique(key, return_index=True, return_inverse=True)
    weight = np.bincount(group, minlength=len(keys))
    columns = {
        "weight": weight,
        "avg_time_delta": _mean(pairs.delta, group, weight),
        "n_content_id": _distinct(group, rows.contents[pairs.older], len(keys)),
        "n_content_id_y": _distinct(group, rows.contents[pairs.newer], len(keys)),
    }
    a, b = columns["n_content_id"], columns["n_content_id_y"]
    columns["edge_symmetry_score"] = np.minimum(a, b) / np.maximum(a, b)
    by_first = np.argsort(first)
    columns = {n: c[by_first] for n, c in columns.items()}
    keys = keys[by_first]
    return _Weighted(keys // size, keys % size, columns, rows.names.take(pa.array(order)))


def _mean(values: Floats, group: Longs, count: Longs) -> Floats:
    """Means by group, added up in extended precision and corrected once, as R does."""
    if not len(count):
        return np.empty(0)
    order = np.argsort(group, kind="stable")
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    long = values[order].astype(np.longdouble)
    mean = np.add.reduceat(long, starts) / count
    return (mean + np.add.reduceat(long - mean[group[order]], starts) / count).astype(np.float64)


def _distinct(group: Longs, contents: Longs, groups: int) -> Longs:
    size = int(contents.max(initial=0)) + 1
    return np.bincount(np.unique(group * size + contents) // size, minlength=groups)


def threshold(weights: npt.NDArray[Any], share: float) -> float:
    """Quantile of type 7 (Hyndman and Fan, 1996) with R's arithmetic; NaN where there is nothing."""
    if not len(weights):
        return float("nan")
    ordered = np.sort(weights)
    place = (len(ordered) - 1) * share
    low, high = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    part = place - np.floor(place)
    return float(low) if low == high or part == 0 else float((1 - part) * low + part * high)


def _oriented(found: _Weighted, rule: Rule) -> pa.Table:
    """The edges as igraph writes them: accounts are numbered by the first column, then by the second."""
    columns = dict(found.columns)
    if "weight" in columns:
        columns["weight_threshold"] = (columns["weight"] > threshold(columns["weight"], rule.edge_weight)).astype(int)
    number = np.full(len(found.names), -1, np.int64)
    _, first = np.unique(np.concatenate([found.low, found.high]), return_index=True)
    seen = np.concatenate([found.low, found.high])[np.sort(first)]
    number[seen] = np.arange(len(seen))
    swap = number[found.low] > number[found.high]
    source, target = np.where(swap, found.high, found.low), np.where(swap, found.low, found.high)
    ends = {"source": found.names.take(pa.array(source)), "target": found.names.take(pa.array(target))}
    return pa.table({**ends, **{n: pa.array(c) for n, c in columns.items()}})


def _both(rows: _Shares, pairs: _Pairs, within: npt.NDArray[np.bool_], rule: Rule) -> pa.Table:
    """The full network with the columns of the fast one, of pairs ``within`` the narrower window, beside its own."""
    narrow = _participating(rows, pairs.take(within), rule)
    size = int(rows.contents.max(initial=-1)) + 1
    # a pair of contents is fast wherever it occurs, on whatever object
    marked = np.unique(rows.contents[narrow.older] * size + rows.contents[narrow.newer])
    fast = np.isin(rows.contents[pairs.older] * size + rows.contents[pairs.newer], marked)
    full, part = _weighted(rows, pairs), _weighted(rows, pairs.take(fast))
    count = max(len(full.names), 1)
    place = {int(k): i for i, k in enumerate(part.low * count + part.high)}
    at = np.array([place.get(int(k), -1) for k in full.low * count + full.high], np.int64)
    columns = {f"{n}_full": pa.array(c) for n, c in full.columns.items()}
    for name, column in part.columns.items():
        columns[f"{name}_fast"] = pa.array(column[at] if len(column) else np.zeros(len(at)), mask=at < 0)
    bounds = {"full": full.columns["weight"], "fast": part.columns["weight"]}
    for name, weights in bounds.items():
        above = pc.greater(columns[f"weight_{name}"], threshold(weights, rule.edge_weight))
        columns[f"weight_threshold_{name}"] = above.cast(pa.int64())
    ends = _oriented(_Weighted(full.low, full.high, {}, full.names), rule)
    table = pa.table({**{n: ends[n] for n in ("source", "target")}, **columns})
    if rule.subgraph == 0:
        return table
    chosen = table["weight_threshold_fast"]
    return table.filter(pc.equal(chosen, 1).fill_null(fill_value=False) if rule.subgraph == 2 else chosen.is_valid())
