"""coordination-network-toolkit 1.5.2, exactly: the same edges and weights for each of its network types.

The weight u → v is the number of distinct messages of u for which v has a message with the same key at most a window
apart, both ends included, compared as floating-point seconds. What surprises in it is kept:

- a link-less row of its CSV file has the link ``""``, which all such rows share;
- a text that is empty once mentions are removed is equal to every other empty text;
- of rows with one message id the first counts, but for links the first of each message and link does;
- a message is a partner of itself, so that with ``loops`` an account meets itself by a single message;
- only Unicode's white space ends a mention, while Python's separates words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from os import cpu_count
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.coaction.sweep import Edges
from graph.errors import ConfigError
from graph.projection import coded

if TYPE_CHECKING:
    from detectors.coaction.compat.kernels import Tokens

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

ALIASES = {"co_repost": "co_retweet", "co_text": "co_tweet", "co_similar": "co_similar_tweet"}
"""Our names of the toolkit's network types, where they differ."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "co_retweet": ("parents",),
    "co_tweet": ("parents", "text"),
    "co_similar_tweet": ("parents", "text"),
    "co_reply": ("parents",),
    "co_link": ("parents", "links"),
    "co_ticker": ("parents", "tickers"),
    "co_hashtag": ("parents", "hashtags"),
    "co_object": (),
    "co_post": (),
}
"""What each network type needs of messages; tickers, hashtags and objects, which the toolkit lacks, go as links do."""

_EXACT = 1 << 62  # whole seconds below this are compared as integers, as SQLite does
_MENTION = r"@.*?(?=(?:\s|$))"
_WORDS = r"\b\p{Word_Break=WSegSpace}*'?"


@dataclass(frozen=True)
class Similarity:
    """When two texts are similar (only ``co_similar_tweet``).

    Parameters
    ----------
    threshold : float
        Least Jaccard similarity of their sets of tokens.
    smallest : float
        Texts with fewer tokens have similarity 0 with everything. Where it is not above 0 the toolkit divides by the
        size of the union whatever it is.
    """

    threshold: float = 0.8
    smallest: float = 1.0


def network(
    messages: pa.Table,
    kind: str,
    window_s: float,
    *,
    min_weight: int = 2,
    loops: bool = False,
    similarity: Similarity = Similarity(),
) -> pa.Table:
    """The toolkit's network of some messages.

    Parameters
    ----------
    messages : pyarrow.Table
        As :data:`ingest.direct.verbatim.SCHEMA` has it: actor, message, at (s), repost, reply, text, objects.
    kind : str
        A name in :data:`PARTS`, or of :data:`ALIASES`.
    window_s : float
        Seconds, ≥ 0.
    min_weight : int
        Least weight of an edge.
    loops : bool
        Whether edges from an account to itself are there, as with the toolkit's ``--include_self_loops``.

    Returns
    -------
    pyarrow.Table
        source, target, weight; sorted as the toolkit's tables are.

    Raises
    ------
    ConfigError
        The toolkit has no such network, or would stop with an error on these messages.
    """
    kind = ALIASES.get(kind, kind)
    if kind not in PARTS:
        raise ConfigError(f"the toolkit has no network {kind!r}", "--compat cnt", f"one of {', '.join(PARTS)}")
    rows = _rows(messages, kind)
    sets = None
    if kind == "co_similar_tweet":
        rows, sets = _documents(rows)
        if similarity.smallest <= 0:
            _divisible(rows, sets, min_weight)
    rows = rows.filter(pc.invert(pc.is_nan(rows["at"])))  # SQLite keeps NaN as null, which is near nothing
    edges = _counted(rows, window_s, min_weight, sets, similarity)
    keep = slice(None) if loops else edges.source != edges.target
    edges = Edges(edges.source[keep], edges.target[keep], edges.weight[keep].astype(np.int64), edges.names)
    return edges.table()


def _rows(messages: pa.Table, kind: str) -> pa.Table:
    """Columns actor, key, at, message: what is compared, each once."""
    if "objects" in messages.schema.names and kind in {"co_link", "co_ticker", "co_hashtag", "co_object"}:
        # the rule of reposts is about the row, that of repeated ids about the message and the link
        messages = messages.select(["actor", "message", "at", "objects"]).filter(messages["repost"].is_null())
        lists = messages["objects"].combine_chunks()
        place = pc.list_parent_indices(lists)
        key = pc.list_flatten(lists).dictionary_encode()
        coded_first = {n: _encoded(messages[n]) for n in ("actor", "message")} | {"at": messages["at"]}
        rows = pa.table({n: column.take(place) for n, column in coded_first.items()}).append_column("key", key)
        return _first_of_each(rows, "message", "key")
    messages = _first_of_each(messages, "message")
    if kind == "co_post":
        return _keyed(messages, pa.repeat("", messages.num_rows))
    if kind == "co_retweet":
        return _keyed(messages, messages["repost"])
    messages = messages.filter(messages["repost"].is_null())
    return _keyed(messages, _folded(messages["text"]) if kind == "co_tweet" else messages[_COLUMN[kind]])


_COLUMN = {"co_reply": "reply", "co_similar_tweet": "text"}


def _keyed(messages: pa.Table, key: pa.Array | pa.ChunkedArray) -> pa.Table:
    rows = messages.select(["actor", "at", "message"]).append_column("key", key)
    return rows.filter(rows["key"].is_valid())


def _first_of_each(rows: pa.Table, *names: str) -> pa.Table:
    """Of rows that are equal in some columns the first."""
    codes = np.zeros(rows.num_rows, np.int64)
    for name in names:
        encoded = _encoded(rows[name])
        codes = codes * max(len(encoded.dictionary), 1) + encoded.indices.to_numpy()
    _, first = np.unique(codes, return_index=True)
    if len(first) == rows.num_rows:
        return rows
    first.sort()
    return rows.take(pa.array(first))


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    whole = column.combine_chunks()
    return whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()


def _folded(texts: pa.ChunkedArray) -> pa.Array:
    """Texts as the toolkit compares them: lower case, no mentions, single spaces; may be empty."""
    clean = _mentions()
    return _each(texts, lambda text: " ".join((clean(text.lower()) if "@" in text else text.lower()).split()))


def _each(texts: pa.ChunkedArray, function: Callable[[str], Any]) -> pa.Array:
    """The function of every text, of each distinct one once."""
    encoded = texts.combine_chunks().dictionary_encode()
    made = pa.array([function(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return made.take(encoded.indices)


@cache
def _mentions() -> Callable[[str], str]:
    import regex

    pattern = regex.compile(_MENTION)
    return lambda text: pattern.sub("", text)


@cache
def _tokenizer() -> Callable[[str], frozenset[str]]:
    """Words at Unicode's word boundaries, punctuation being words of its own; white space is none."""
    import regex

    pattern = regex.compile(_WORDS, flags=regex.WORD | regex.UNICODE | regex.V1)
    clean = _mentions()

    def tokens(text: str) -> frozenset[str]:
        words = {word for word in pattern.split(clean(text.lower())) if word}
        return frozenset(" ".join(words).split())

    return tokens


def _documents(rows: pa.Table) -> tuple[pa.Table, Tokens]:
    """The rows with their documents' numbers as a column, and the documents."""
    from detectors.coaction.compat.kernels import Tokens

    encoded = rows["key"].combine_chunks().dictionary_encode()
    tokens = _tokenizer()
    sets = [tokens(text) for text in encoded.dictionary.to_pylist()]
    number: dict[frozenset[str], int] = {}
    document = np.array([number.setdefault(s, len(number)) for s in sets], np.int32)
    known = {word: i for i, word in enumerate(sorted({w for s in number for w in s}))}
    sorted_sets = [sorted(known[w] for w in s) for s in number]
    bounds = np.concatenate([[0], np.cumsum([len(s) for s in sorted_sets])]).astype(np.int64)
    flat = np.array([w for s in sorted_sets for w in s], np.int32)
    codes = document[encoded.indices.to_numpy()] if len(document) else np.empty(0, np.int32)
    rows = rows.append_column("document", pa.array(codes, pa.int32()))
    return rows.set_column(rows.schema.get_field_index("key"), "key", pa.repeat("", rows.num_rows)), Tokens(
        bounds, flat
    )


def _divisible(rows: pa.Table, sets: Tokens, min_weight: int) -> None:
    """Refuse what the toolkit stops on: a text without tokens of an account that is looked at, compared with itself."""
    actor = _encoded(rows["actor"])
    codes = actor.indices.to_numpy()
    looked_at = np.bincount(codes, minlength=len(actor.dictionary)) >= min_weight
    nothing = np.diff(sets.bounds)[rows["document"].to_numpy()] == 0
    nothing &= looked_at[codes] & ~np.isnan(rows["at"].to_numpy())
    if nothing.any():
        message = rows["message"][int(np.flatnonzero(nothing)[0])].as_py()
        raise ConfigError(
            f"message {message!r} has no tokens: the toolkit stops here with a ZeroDivisionError",
            "--compat cnt",
            "leave out texts of fewer than one token: --min-tokens 1",
        )


def _counted(rows: pa.Table, window_s: float, floor: int, sets: Tokens | None, similarity: Similarity) -> Edges:
    from detectors.coaction.compat import kernels

    actor, key, message = (coded(rows[n]) for n in ("actor", "key", "message"))
    actors, objects, messages = (c.indices.to_numpy() for c in (actor, key, message))
    times, window = _times(rows["at"].to_numpy(), window_s)
    sorting = np.lexsort((times, objects))
    actors, objects, messages, times = (c[sorting] for c in (actors, objects, messages, times))
    low, high = np.empty(len(times), np.int64), np.empty(len(times), np.int64)
    kernels.ranges(objects, times, times - window, times + window, low, high)
    order = np.lexsort((messages, actors))
    bounds = np.searchsorted(actors[order], np.arange(len(actor.dictionary) + 1))
    plan = (order, bounds, low, high, actors)
    if sets is None:
        parts = _split(plan, lambda a, b: kernels.weights(a, b, *plan, messages, floor))
    else:
        documents = rows["document"].to_numpy()[sorting]
        how = (float(similarity.threshold), float(similarity.smallest), floor)
        parts = _split(plan, lambda a, b: kernels.similar_weights(a, b, *plan, documents, sets, *how))
    source, target, weight = np.concatenate(parts, axis=1)
    by_name = np.lexsort((target, source))
    return Edges(source[by_name], target[by_name], weight[by_name], actor.dictionary)


def _times(seconds: npt.NDArray[np.float64], window_s: float) -> tuple[npt.NDArray[Any], float | int]:
    """Times and window as SQLite has them: whole numbers as integers, where all are."""
    whole = float(window_s).is_integer() and bool(np.all(np.abs(seconds) < _EXACT) and np.all(seconds % 1 == 0))
    return (seconds.astype(np.int64), int(window_s)) if whole else (seconds, float(window_s))


def _split(plan: tuple[Longs, Longs, Longs, Longs, Ints], count: Callable[[int, int], Ints]) -> list[Ints]:
    """Count on all processors, about as many pairs on each."""
    order, bounds, low, high, _ = plan
    threads = cpu_count() or 1
    work = np.concatenate([[0], np.cumsum((high - low)[order])])[bounds]
    cuts = np.searchsorted(work, np.linspace(0, work[-1], threads + 1)).tolist()
    cuts[0], cuts[-1] = 0, len(bounds) - 1
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(count, cuts[:-1], cuts[1:]))
