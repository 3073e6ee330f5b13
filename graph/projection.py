"""Projections: a View's rows as columns of "who acted on what, when, through which message".

A *trace* names one way of acting on the same thing (posting a ticker, sharing a link, reposting a post …). All traces
have the same shape, so that one kernel serves them all:

========  ==========================  =====================================================================
column    type                        meaning
========  ==========================  =====================================================================
actor     dictionary<int32, string>   the account's key
object    dictionary<int32, string>   what was acted on (a symbol, a URL, a post's key, a text …)
at        timestamp[us, tz=UTC]       when
message   dictionary<int32, string>   the post's key; for an interaction its post, else the interaction's key
========  ==========================  =====================================================================

Dictionaries hold the values in use, sorted, so codes depend on the rows alone and not on the order of loading; rows are
sorted by object, time, actor and message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph import projection_cache as cache
from graph.coded import of_raw
from graph.errors import ConfigError
from graph.model import NodeType, host_of
from graph.schema import TIME
from graph.store import View

MENTION = re.compile(r"@\S*")
EVERYTHING = "*"  # the one object of the trace ``post``

CODED = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema([("actor", CODED), ("object", CODED), ("at", TIME), ("message", CODED)])
RAW = pa.schema(
    [
        ("actor", pa.string()),
        ("object", pa.string()),
        ("at", TIME),
        ("message", pa.string()),
        ("row", pa.string()),  # key of the interaction; null for a post, whose key is the message
        ("repost", pa.bool_()),
    ]
)

Objects = Callable[[pa.Array], tuple[pa.Array, npt.NDArray[np.int64]]]
"""From a column to its objects and, for each, the index of its row."""


@dataclass(frozen=True, slots=True)
class Trace:
    """How rows become the events of one trace.

    Parameters
    ----------
    about : str
        What an event says.
    column : str or None
        The posts' column that holds the object (None: no event comes from a post).
    objects : callable or None
        Turns that column into objects (None: the column itself).
    kinds : tuple of str
        Only posts of these kinds (empty: of any kind).
    reposts : bool
        Whether reposts count without being asked for: they do where reposting is itself the act.
    acts : tuple of str
        Kinds of interaction that make an event.
    targets : mapping of node type to callable or None
        Target types that take part and how a target becomes the object (None: as it is). Empty: every type, and the
        object is ``type/key``.
    """

    about: str
    column: str | None = None
    objects: Objects | None = None
    kinds: tuple[str, ...] = ()
    reposts: bool = False
    acts: tuple[str, ...] = ()
    targets: Mapping[str, Objects | None] | None = None


def fold_text(text: str) -> str:
    """A text as it is compared: lower case, mentions removed, white space collapsed; may be empty."""
    return " ".join(MENTION.sub("", text.lower()).split())


def _mapped(column: pa.Array, function: Callable[[str], str | None]) -> pa.Array:
    """The function of every value; computed once per distinct value."""
    coded = pc.dictionary_encode(column)
    values = pa.array([function(v) or None for v in coded.dictionary.to_pylist()], pa.string())
    return values.take(coded.indices)


def _plain(column: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    return column, np.arange(len(column))


def _texts(column: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    return _plain(_mapped(column, fold_text))


def _everything(column: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    return _plain(pa.array([EVERYTHING] * len(column), pa.string()))


def _each(column: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    return pc.list_flatten(column), pc.list_parent_indices(column).to_numpy().astype(np.int64)


def _hosts(column: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    return _plain(_mapped(column, host_of))


def _each_host(column: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """A post that links twice to a domain used it once."""
    links, rows = _each(column)
    pairs = pa.table({"host": _mapped(links, host_of), "row": rows}).group_by(["host", "row"]).aggregate([])
    return pairs["host"].combine_chunks(), pairs["row"].to_numpy()


_LINK, _DOMAIN = str(NodeType.LINK), str(NodeType.DOMAIN)
_SHARE = ("share",)

TRACES: Mapping[str, Trace] = {
    "ticker": Trace("named a ticker", "tickers", _each, acts=_SHARE, targets={str(NodeType.TICKER): None}),
    "link": Trace("shared a link", "links", _each, acts=_SHARE, targets={_LINK: None}),
    "domain": Trace(
        "shared a link to a domain", "links", _each_host, acts=_SHARE, targets={_LINK: _hosts, _DOMAIN: None}
    ),
    "hashtag": Trace("used a hashtag", "hashtags", _each, acts=_SHARE, targets={str(NodeType.HASHTAG): None}),
    "text": Trace("posted a text, folded by fold_text", "text", _texts),
    "repost": Trace(
        "reposted a post",
        "parent",
        kinds=("repost",),
        reposts=True,
        acts=_SHARE,
        targets={str(NodeType.POST): None},
    ),
    "quote": Trace("quoted a post", "parent", kinds=("quote",), reposts=True),
    "reply": Trace("replied to a post", "parent", kinds=("reply",), reposts=True),
    "post": Trace("posted anything, reposts included", "post", _everything, reposts=True),
    "like": Trace("liked", acts=("like",)),
    "follow": Trace("followed", acts=("follow",)),
    "view": Trace("viewed", acts=("view",)),
    "share": Trace("shared anything, by an interaction", acts=_SHARE),
}
"""Every trace by name. A post gives each of its objects one event."""


def events(
    view: View,
    trace: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    reposts: bool = False,
) -> pa.Table:
    """Events of a trace, as the module's table describes them.

    Parameters
    ----------
    view : View
        The graph, pinned to a commit. Where its ``cache_dir`` is set, events are kept there and only rows newer than
        the file are read; what is returned never depends on the file.
    trace : str
        A name in :data:`TRACES`.
    start, end : datetime, optional
        Only events with ``start <= at < end``.
    reposts : bool
        Whether what a repost carries counts as used by who reposted it. Reposts always count where reposting is the
        act (trace ``repost``) and in ``post``.

    Returns
    -------
    pyarrow.Table
        Its schema's metadata holds ``undated``: how many events of the trace had no time and are left out.

    Raises
    ------
    ConfigError
        There is no such trace.
    """
    if trace not in TRACES:
        raise ConfigError(f"no trace {trace!r}", hint=f"one of {', '.join(TRACES)}")
    declared = TRACES[trace]
    found = cache.through(view, trace, lambda after: _read(view, declared, after))
    chosen, undated = found.chosen(reposts=reposts or declared.reposts, start=start, end=end)
    return chosen.table(SCHEMA).replace_schema_metadata({"undated": str(undated)})


def _read(view: View, trace: Trace, after: int) -> cache.Read:
    """Events of the rows written after a commit."""
    parts, rows = [_light(RAW.empty_table())], 0
    for table, (columns, function) in _sources(trace).items():
        for batch in view.scan(table, columns=columns, after=after):
            parts.append(_light(function(pa.Table.from_batches([batch]), trace)))
            rows += batch.num_rows
    return cache.Read(of_raw(pa.concat_tables(parts)), rows, tuple(_sources(trace)))


def _sources(trace: Trace) -> dict[str, tuple[list[str], Callable[[pa.Table, Trace], pa.Table]]]:
    """Tables that make events of a trace, their columns, and how they do."""
    found: dict[str, tuple[list[str], Callable[[pa.Table, Trace], pa.Table]]] = {}
    if trace.column is not None:
        columns = ["post", "account", "created_at", "kind", trace.column]
        found["posts"] = ([*dict.fromkeys(columns)], _of_posts)
    if trace.acts:
        columns = ["interaction", "account", "kind", "target_type", "target", "at", "post"]
        found["interactions"] = (columns, of_interactions)
    return found


def _light(raw: pa.Table) -> pa.Table:
    """The same, with what recurs held once: a whole projection is made of many such parts."""
    for name in ("actor", "object"):
        raw = raw.set_column(raw.schema.get_field_index(name), name, raw[name].dictionary_encode())
    return raw


def _of_posts(posts: pa.Table, trace: Trace) -> pa.Table:
    if trace.kinds:
        posts = posts.filter(pc.is_in(posts["kind"], pa.array(trace.kinds)))
    column = posts[trace.column].combine_chunks()
    objects, rows = (trace.objects or _plain)(column)
    posts = posts.select(["post", "account", "created_at", "kind"]).take(pa.array(rows))
    return _known(
        actor=posts["account"],
        object=objects,
        at=posts["created_at"],
        message=posts["post"],
        row=pa.nulls(len(rows), pa.string()),
        repost=pc.equal(posts["kind"], "repost"),
    )


def of_interactions(rows: pa.Table, trace: Trace) -> pa.Table:
    """Events, as :data:`RAW` has them, of rows of the table ``interactions``."""
    rows = rows.filter(pc.is_in(rows["kind"], pa.array(trace.acts)))
    parts = [RAW.empty_table()]
    if trace.targets is None:
        parts.append(_acted(rows, pc.binary_join_element_wise(rows["target_type"], rows["target"], "/")))
    for target_type, objects in (trace.targets or {}).items():
        chosen = rows.filter(pc.equal(rows["target_type"], target_type))
        parts.append(_acted(chosen, (objects or _plain)(chosen["target"].combine_chunks())[0]))
    return pa.concat_tables(parts)


def _acted(rows: pa.Table, objects: pa.Array) -> pa.Table:
    return _known(
        actor=rows["account"],
        object=objects,
        at=rows["at"],
        message=pc.coalesce(rows["post"], rows["interaction"]),
        row=rows["interaction"],
        repost=pa.array(np.zeros(rows.num_rows, bool)),
    )


def _known(**columns: pa.Array) -> pa.Table:
    """The raw events that have an actor and an object."""
    table = pa.table({n: columns[n] for n in RAW.names}).cast(RAW)
    return table.filter(pc.and_(pc.is_valid(table["actor"]), pc.is_valid(table["object"])))


def coded(column: pa.ChunkedArray | pa.Array) -> pa.DictionaryArray:
    """Dictionary-encode so that the dictionary holds exactly the values in use, sorted."""
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks() if column.num_chunks else pa.array([], column.type)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    values, codes = column.dictionary, column.indices.to_numpy()
    used = np.flatnonzero(np.bincount(codes, minlength=len(values)))
    order = used[pc.sort_indices(values.take(pa.array(used))).to_numpy()]
    place = np.zeros(len(values), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(place[codes], pa.int32()), values.take(pa.array(order)))


def restrict(table: pa.Table, keep: npt.NDArray[np.bool_] | pa.Array | Sequence[bool]) -> pa.Table:
    """Some rows of an event table as an event table: dictionaries again hold only the values in use."""
    part = table.filter(pa.array(keep))
    columns = [coded(part[n]) if pa.types.is_dictionary(part[n].type) else part[n] for n in SCHEMA.names]
    return pa.table(columns, schema=SCHEMA)
