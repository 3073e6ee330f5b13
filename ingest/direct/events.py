"""From a file straight to the events of one trace: the same as loading it and projecting the graph.

Only the columns that the trace needs are read and checked, each distinct value is brought into its canonical form once,
and what is kept of a batch are codes. A row whose other columns are wrong is used all the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import ConfigError
from graph.projection import SCHEMA, TRACES, Trace, coded, of_interactions
from graph.schema import TEXT, TIME
from ingest import text
from ingest.canonical import Row, agree, interactions
from ingest.columns import nested, verbatim_word
from ingest.direct.report import Rejects, Report
from ingest.direct.sources import Fields, Recognised, chosen, values
from ingest.direct.table import Batch, Irregular
from ingest.direct.texts import lists, null_if_empty
from ingest.formats.base import Records
from ingest.links import canonical_link, plain_links
from ingest.records import VERBATIM
from ingest.validate import Context, Valid, check
from lockstep.config import nearest

Rows = npt.NDArray[np.int64]
Form = Callable[[str], "str | None"]
_Events = dict[str, Any]
"""Columns of the event table by name."""

_SIGNS = {"tickers": ("$", "1000", "1M"), "links": ("://", "ww.", "WW."), "hashtags": ("#",)}
"""What an ASCII text holds if it names one of these; other texts are looked at in any case."""

_FORMS: dict[str, Form] = {"tickers": text.ticker, "links": canonical_link, "hashtags": text.hashtag}
_POST = ("post_id", "account_id", "created_at", "platform")
_EXACT = 2**53  # numbers below it are exact as floats
_KEYED = ("account_id", "at", "post_id", "interaction_id", "platform")
_ACT = ("account_id", "kind", "target_id", "target_type", "at", "post_id", "interaction_id", "platform")


@dataclass(frozen=True)
class Key:
    """A column whose values are the objects, verbatim, whatever they mean; every row that has one counts."""

    column: str


def events(
    found: Recognised,
    trace: str | Key,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    keep_rejects: bool = False,
) -> tuple[pa.Table, Report]:
    """Events of a trace, read straight from a file.

    Parameters
    ----------
    found : Recognised
        The file, as :func:`ingest.direct.sources.recognise` gives it.
    trace : str or Key
        A name in :data:`graph.projection.TRACES`, or the column that is the object.
    start, end : datetime, optional
        Only events with ``start <= at < end``.
    keep_rejects : bool
        Whether the report holds every row that cannot be used, and not only counts and the first lines.

    Returns
    -------
    table : pyarrow.Table
        Of the shape :data:`graph.projection.SCHEMA`; accounts are sorted, objects and messages are in no order.
    report : Report

    Raises
    ------
    ConfigError
        No such trace, or no such column.
    IngestError
        The file is damaged.
    """
    wanted = declared(found, trace)
    try:
        reading = _Reading(found, wanted, keep_rejects=keep_rejects)
        reading.take(found.table.batches(reading.wanted))
    except Irregular:
        reading = _Reading(found, wanted, keep_rejects=keep_rejects)
        reading.take(found.table.by_row(reading.wanted))
    table = reading.table(start, end)
    reading.rejects.settle(found.table)
    return table, reading.report


def declared(found: Recognised, trace: str | Key) -> Trace | Key:
    """The trace of a name, or the column, which the file must have.

    Raises
    ------
    ConfigError
        No such trace, or no such column; the nearest is named.
    """
    if isinstance(trace, Key):
        if found.table.kind != "jsonl" and trace.column not in found.table.names:
            hint = nearest(trace.column, found.table.names)
            raise ConfigError(f"no column {trace.column!r}", str(found.table.path), hint)
        return trace
    if trace not in TRACES:
        raise ConfigError(f"no trace {trace!r}", hint=f"one of {', '.join(TRACES)}")
    return TRACES[trace]


class _Reading:
    """One pass over a file."""

    def __init__(self, found: Recognised, trace: Trace | Key, *, keep_rejects: bool) -> None:
        self.report = Report(str(found.table.path), found.format)
        self.rejects = Rejects(self.report, whole=keep_rejects)
        self._trace = trace
        self._records = [r for r in found.records if self._feeds(r)]
        self._addresses = found.format == "cnt"
        self._context = Context(str(found.table.path), found.platform, None, {"format": found.format})
        self._keys: list[pa.Array] = []  # of all posts that can be used
        self._count = 0  # of them
        self._highest = -1.0  # post id, while they are numbers and only grow; else infinite
        self._posts: list[_Events] = []  # their message as the post's place among the keys
        self._acts: list[pa.Table] = []  # events, their message as its key; by which interaction
        wanted = {c for r in self._records for c in r.columns(self._fields(r))}
        self.wanted = sorted(wanted | ({trace.column} if isinstance(trace, Key) else set()))

    def _feeds(self, fields: Fields) -> bool:
        """Whether records of a type can make events of the trace."""
        if isinstance(self._trace, Key):
            return True
        return self._trace.column is not None if fields.type == "posts" else bool(self._trace.acts)

    def _fields(self, fields: Fields) -> tuple[str, ...]:
        """Fields of a record type that the trace needs."""
        trace = self._trace
        if isinstance(trace, Key):
            return _POST if fields.type == "posts" else _KEYED
        if fields.type == "interactions":
            return _ACT
        named = (trace.column, "text") if trace.column in _SIGNS else ("text",) if trace.column == "text" else ()
        return (*_POST, "kind", "parent_id", *map(str, named))

    def take(self, batches: Iterator[Batch]) -> None:
        """Read everything."""
        first = 0
        for batch in batches:
            for bad in batch.bad:
                self.rejects.unread(bad, self._context)
            for fields in self._records:
                self._one(fields, batch, first)
            first += batch.rows
            self.report.rows += batch.rows

    def _one(self, fields: Fields, batch: Batch, first: int) -> None:
        """A batch's records of one type, checked and turned into events."""
        columns, kept = _kept(fields, batch)
        n, trace, needed = len(kept), self._trace, self._fields(fields)
        raw = {s.name: values(s, columns, n) for f in needed if (s := fields.sources.get(f)) is not None}
        if fields.parents and "kind" in needed:
            raw |= _parents(*(columns[c] for c in fields.parents))
        for name in raw:
            if name.partition(":")[0] in {"created_at", "at"}:
                raw[name] = null_if_empty(raw[name])
        if isinstance(trace, Key) and fields.type == "interactions":  # what was done, and to what, is of no concern
            raw |= dict.fromkeys(("kind", "target_type", f"target_id:{VERBATIM}"), pa.repeat("link", n))
        row = check(Records(fields.type, raw, range(n)), self._context, Valid())
        if isinstance(trace, Key):
            self._add(fields, row, *_verbatim(columns.get(trace.column), n), first + kept)
        elif fields.type == "posts":
            agree(row)
            self._add(fields, row, *self._named(trace, row), first + kept)
        else:
            acts = _acts(row)  # finds more faults
            self._acts.append(of_interactions(acts.filter(pa.array(_good(row))), trace))
        for i, (name, reason) in sorted(row.faults.items()):
            self.rejects.add(first + int(kept[i]), fields.type, name, reason)

    def _named(self, trace: Trace, row: Row) -> tuple[pa.Array, Rows]:
        """Objects that posts name, and the rows of those posts."""
        objects = trace.objects or _plain
        if trace.column in _SIGNS:
            found, rows = self._listed(row, str(trace.column))
            if objects is not TRACES["ticker"].objects:  # not each by itself: the domains of links
                found, rows = objects(nested(row.n, rows, found.dictionary_decode()))
        elif trace.column == "parent":
            found, rows = objects(row.scoped("parent_id"))
        else:
            found, rows = objects(row["text" if trace.column == "text" else "post_id"])
        kind = row["kind"].fill_null("post")
        take = pc.is_in(kind, pa.array(trace.kinds, TEXT)) if trace.kinds else kind.is_valid()
        if not trace.reposts:
            take = pc.and_(take, pc.not_equal(kind, "repost"))
        mask = take.to_numpy(zero_copy_only=False)[rows] & found.is_valid().to_numpy(zero_copy_only=False)
        return found.filter(pa.array(mask)), rows[mask]

    def _listed(self, row: Row, name: str) -> tuple[pa.DictionaryArray, Rows]:
        """Tickers, links or hashtags of posts, those in the text among them, each once a post."""
        form = _FORMS[name]
        forms: dict[str, Form] = {name: form, f"{name}:{VERBATIM}": verbatim_word}
        if self._addresses:  # what is no URL is kept as it stands
            forms[f"{name}:{VERBATIM}"] = lambda word: form(word) or verbatim_word(word)
        parts, places = [], []
        for column, canonical in forms.items():
            if column in row.columns and row[column].null_count < row.n:
                plain = name == "links" and (self._addresses or column == name)
                words, kept = _mapped(pc.list_flatten(row[column]), canonical, plain=plain)
                parts.append(words)
                places.append(pc.list_parent_indices(row[column]).to_numpy()[kept])
        words, rows = _in_texts(row["text"], name)
        parts.append(words.dictionary_encode())
        places.append(rows)
        whole, rows = _one_dictionary([p for p in parts if len(p)] or parts[-1:]), np.concatenate(places)
        size = max(len(whole.dictionary), 1)
        once = _distinct(rows.astype(np.int64) * size + whole.indices.to_numpy())
        codes = pa.array((once % size).astype(np.int32))
        return pa.DictionaryArray.from_arrays(codes, whole.dictionary), once // size

    def _add(self, fields: Fields, row: Row, objects: pa.Array, rows: Rows, numbers: Rows) -> None:
        """Keep the events of a batch, and the keys of all posts that can be used."""
        good = _good(row)
        mask = good[rows]
        rows, objects = rows[mask], objects.filter(pa.array(mask))
        objects = objects if _is_coded(objects) else objects.dictionary_encode()
        taken = pa.array(rows)
        at = row["created_at" if fields.type == "posts" else "at"].take(taken)
        event = {"actor": _coded_key(row, "account_id").take(taken), "object": objects, "at": at}
        if fields.type == "posts":
            mine = pa.array(good)
            self._keys.append(row.scoped("post_id").filter(mine))
            self._highest = _rising(row["post_id"].filter(mine), self._highest)
            place = np.cumsum(good) - 1 + self._count
            self._count += int(np.count_nonzero(good))
            self._posts.append({**event, "message": place[rows]})
            return
        own = pa.array([f"row {i}" for i in numbers[rows].tolist()], TEXT)
        message = pc.coalesce(row.scoped("post_id").take(taken), row.scoped("interaction_id").take(taken), own)
        self._acts.append(pa.table({**event, "message": message}))

    def table(self, start: datetime | None, end: datetime | None) -> pa.Table:
        """Everything read, as an event table."""
        parts = (
            _last_of_each(self._posts, self._keys, self.report, rising=math.isfinite(self._highest))
            if self._posts
            else []
        )
        parts += _acts_once(pa.concat_tables(self._acts)) if self._acts else []
        if not parts:
            return SCHEMA.empty_table()
        columns = {n: [part[n] for part in parts] for n in SCHEMA.names}
        at = pa.chunked_array(columns.pop("at"), TIME).combine_chunks()
        mask = at.is_valid()
        if undated := at.null_count:
            self.report.reasons["interactions.at: missing"] = undated
            self.report.unusable += undated
        for bound, compare in ((start, pc.greater_equal), (end, pc.less)):
            if bound is not None:
                mask = pc.and_(mask, compare(at, pa.scalar(bound, TIME)))
        whole = {n: _one_dictionary(chunks) for n, chunks in columns.items()} | {"at": at}
        if not pc.all(mask).as_py():
            whole = {n: column.filter(mask) for n, column in whole.items()}
        return pa.table([coded(whole["actor"]), *(whole[n] for n in SCHEMA.names[1:])], schema=SCHEMA)


def _kept(fields: Fields, batch: Batch) -> tuple[dict[str, Any], Rows]:
    """The rows of a batch that are of the record type, and their numbers in it."""
    only = chosen(fields, batch.columns, batch.rows)
    if only is None or pc.all(only.fill_null(fill_value=False)).as_py():
        return batch.columns, np.arange(batch.rows)
    mask = only.fill_null(fill_value=False)
    kept = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
    columns = {n: c.filter(mask) if isinstance(c, pa.Array) else [c[i] for i in kept] for n, c in batch.columns.items()}
    return columns, kept


def _parents(reposted: Any, replied: Any) -> dict[str, pa.Array]:
    """Kind and parent of posts, from a column of posts reposted and one of posts replied to."""
    one, two = null_if_empty(reposted), null_if_empty(replied)
    kind = pc.if_else(one.is_valid(), "repost", pc.if_else(two.is_valid(), "reply", "post"))
    return {"kind": kind, "parent_id": pc.coalesce(one, two)}


def _plain(column: pa.Array) -> tuple[pa.Array, Rows]:
    return column, np.arange(len(column))


def _good(row: Row) -> npt.NDArray[np.bool_]:
    good = np.ones(row.n, bool)
    good[list(row.faults)] = False
    return good


def _coded_key(row: Row, name: str) -> pa.DictionaryArray:
    """Ids with their platform in front, coded."""
    if len(row.platform) and pc.all(pc.equal(row.platform, row.platform[0])).as_py():
        ids = row[name].dictionary_encode()
        keys = pc.binary_join_element_wise(row.platform[0], ids.dictionary, ":")
        return pa.DictionaryArray.from_arrays(ids.indices, keys)
    return row.scoped(name).dictionary_encode()


def _mapped(words: pa.Array, form: Form, *, plain: bool) -> tuple[pa.DictionaryArray, npt.NDArray[np.bool_]]:
    """Canonical forms of those words that have one, and which those are; each distinct word is looked at once."""
    encoded = words.dictionary_encode()
    distinct = encoded.dictionary
    done = plain_links(distinct) if plain else pa.repeat(False, len(distinct))  # noqa: FBT003 - an array of it
    rest = np.flatnonzero(~done.to_numpy(zero_copy_only=False))
    if len(rest):
        forms = pa.array([form(w) for w in distinct.take(pa.array(rest)).to_pylist()], TEXT)
        distinct = pc.replace_with_mask(distinct, pc.invert(done), forms)
    clean = distinct.dictionary_encode()  # two words may have one form
    place = clean.indices.fill_null(-1).to_numpy()
    codes = place[encoded.indices.fill_null(0).to_numpy()] if len(place) else np.empty(0, np.int32)
    kept = codes >= 0
    if encoded.null_count:
        kept &= encoded.is_valid().to_numpy(zero_copy_only=False)
    return pa.DictionaryArray.from_arrays(pa.array(codes[kept], pa.int32()), clean.dictionary), kept


def _distinct(keys: Rows) -> Rows:
    """Sorted, each once; numpy's own way hashes, which takes longer."""
    keys.sort()
    first = np.ones(len(keys), bool)
    first[1:] = keys[1:] != keys[:-1]
    return keys[first]


def _in_texts(texts: pa.Array, name: str) -> tuple[pa.Array, Rows]:
    """What the texts name, and the rows of those that name something."""
    some = pc.invert(pc.string_is_ascii(texts))
    for sign in _SIGNS[name]:
        some = pc.or_(some, pc.match_substring(texts, sign))
    rows = np.flatnonzero(some.fill_null(fill_value=False).to_numpy(zero_copy_only=False))
    found = getattr(text.extract(texts.take(pa.array(rows))), name)
    return pc.list_flatten(found), rows[pc.list_parent_indices(found).to_numpy()]


def _verbatim(column: Any, n: int) -> tuple[pa.Array, Rows]:
    """A column's values as they stand, and their rows; lists give each of their values, nothing gives none."""
    found = lists(column, n, empty=False)
    return pc.list_flatten(found), pc.list_parent_indices(found).to_numpy()


def _acts(row: Row) -> pa.Table:
    """Rows of the table ``interactions``."""
    _, columns, _ = interactions(row)[0]
    return pa.table(columns)


def _last_of_each(parts: Sequence[_Events], keys: Sequence[pa.Array], report: Report, *, rising: bool) -> list[_Events]:
    """Events of posts, of those with one id the last one's only; the message becomes the id.

    Where ids only grow, as most platforms number their posts and files keep them, none comes again.
    """
    whole = pa.concat_arrays(keys)
    places = np.concatenate([part["message"] for part in parts])
    columns = {n: _joined([part[n] for part in parts]) for n in SCHEMA.names if n != "message"}
    if rising:
        message = pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), whole)
        return [{**columns, "message": message}]
    encoded = whole.dictionary_encode()
    codes = encoded.indices.to_numpy()
    if len(encoded.dictionary) < len(codes):
        last = np.empty(len(encoded.dictionary), np.int64)
        last[codes] = np.arange(len(codes))
        report.repeated += len(codes) - len(last)
        keep = last[codes[places]] == places
        columns, places = {n: c.filter(pa.array(keep)) for n, c in columns.items()}, places[keep]
    message = pa.DictionaryArray.from_arrays(pa.array(codes[places], pa.int32()), encoded.dictionary)
    return [{**columns, "message": message}]


def _rising(ids: pa.Array, highest: float) -> float:
    """The last of ids that are numbers and only grow, above ``highest``; infinite where they are not so."""
    if not len(ids):
        return highest
    try:
        numbers = ids.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return float("inf")
    grow = numbers[0] > highest and bool(np.all(numbers[1:] > numbers[:-1]))
    return float(numbers[-1]) if grow and numbers[-1] < _EXACT else float("inf")


def _joined(parts: Sequence[pa.Array]) -> pa.Array:
    return _one_dictionary(parts) if _is_coded(parts[0]) else pa.concat_arrays(parts)


def _acts_once(rows: pa.Table) -> list[_Events]:
    """Events of interactions, of those with one key the last one's only."""
    if "row" in rows.schema.names:
        numbered = pa.table({"row": rows["row"], "n": np.arange(rows.num_rows)})
        last = numbered.group_by("row", use_threads=False).aggregate([("n", "max")])["n_max"].combine_chunks()
        rows = rows if len(last) == rows.num_rows else rows.take(last.sort())
    columns = {n: rows[n].combine_chunks() for n in SCHEMA.names}
    return [{n: c if n == "at" or _is_coded(c) else c.dictionary_encode() for n, c in columns.items()}]


def _is_coded(column: pa.Array) -> bool:
    return bool(pa.types.is_dictionary(column.type))


def _one_dictionary(parts: Sequence[pa.DictionaryArray]) -> pa.DictionaryArray:
    """Coded columns one after the other, with one dictionary for all of them.

    Arrow's own way of unifying takes ten times as long.
    """
    if len(parts) == 1:
        return parts[0]
    whole = pa.concat_arrays([p.dictionary for p in parts]).dictionary_encode()
    place, shifted, begin = whole.indices.to_numpy(), [], 0
    for part in parts:
        shifted.append(place[part.indices.to_numpy() + begin])
        begin += len(part.dictionary)
    return pa.DictionaryArray.from_arrays(pa.array(np.concatenate(shifted), pa.int32()), whole.dictionary)
