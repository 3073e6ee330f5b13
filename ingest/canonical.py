"""From checked raw columns to the tables of :mod:`graph.schema`: keys scoped, objects extracted, rows identified."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import MARKET_TABLES, TABLES, TEXT, TEXTS
from ingest import text
from ingest.columns import canonical_lists, nested, united, verbatim_word
from ingest.masking import masked
from ingest.records import RECORDS, VERBATIM
from ingest.times import Faults

Columns = dict[str, pa.Array]
Built = list[tuple[str, Columns, pa.Array | None]]
"""Table, its columns, and which rows it takes (None: all)."""

_SEPARATOR = "\x1f"  # between the parts of a row that are hashed together
_NOTHING = "\x00"  # stands for null there


class Row:
    """The checked columns of a block of one record type, all of one length, and the faults found so far."""

    def __init__(self, n: int, columns: Columns, platform: pa.Array, secret: bytes | None) -> None:
        self.n = n
        self.columns = columns
        self.platform = platform
        self.secret = secret
        self.faults: dict[int, tuple[str, str]] = {}
        self.dropped: dict[str, int] = {}  # list values that have no canonical form, by column

    def __getitem__(self, name: str) -> pa.Array:
        return self.columns[name]

    def scoped(self, name: str) -> pa.Array:
        """Ids with their platform in front; null where the id is."""
        return pc.binary_join_element_wise(self.platform, self.columns[name], ":")

    def refuse(self, field: str, faults: Faults) -> None:
        """Note why rows are invalid; the first reason of a row stands."""
        for row, reason in faults.items():
            self.faults.setdefault(row, (field, reason))

    def refuse_where(self, mask: pa.Array, field: str, reason: str) -> None:
        """Note one reason for all rows of a mask."""
        rows = np.flatnonzero(mask.fill_null(fill_value=False).to_numpy(zero_copy_only=False))
        self.refuse(field, dict.fromkeys(rows.tolist(), reason))


def build(record: str, row: Row) -> Built:
    """Tables' columns for every row, valid or not; faults that only show across columns are added to ``row``."""
    return _BUILDERS[record](row)


def _plain(table: str, **renamed: str) -> Callable[[Row], Built]:
    """A table whose columns are raw columns: scoped where renamed from an id, else the same."""

    def builder(row: Row) -> Built:
        columns = {}
        for column in (TABLES.get(table) or MARKET_TABLES[table]).columns:
            raw = renamed.get(column.name)
            columns[column.name] = row[column.name] if raw is None else row.scoped(raw)
        return [(table, columns, None)]

    return builder


def _posts(row: Row) -> Built:
    found = text.extract(row["text"])
    agree(row)
    posts = {
        "post": row.scoped("post_id"),
        "account": row.scoped("account_id"),
        "created_at": row["created_at"],
        "kind": row["kind"].fill_null("post"),
        "parent": row.scoped("parent_id"),
        "text": row["text"],
        "lang": row["lang"],
        "tickers": _joined(row, "tickers", text.ticker, found.tickers),
        "links": _joined(row, "links", text.canonical_link, found.links),
        "hashtags": _joined(row, "hashtags", text.hashtag, found.hashtags),
    }
    built: Built = [("posts", posts, None)]
    counted = [row[c] for c in ("views", "likes", "reposts")]
    if any(c.null_count < row.n for c in counted):
        some = pc.coalesce(*counted).is_valid()
        names = ("views", "likes", "reposts")
        built.append(
            (
                "engagements",
                {"post": posts["post"], "observed_at": row["observed_at"], **{c: row[c] for c in names}},
                some,
            )
        )
    return built


def agree(row: Row) -> None:
    """Refuse posts whose kind and parent contradict each other."""
    kind, parent = row["kind"], row["parent_id"]
    row.refuse_where(
        pc.and_(kind.is_null(), parent.is_valid()), "kind", "a parent without a kind: say repost, quote or reply"
    )
    row.refuse_where(pc.and_(pc.equal(kind, "post"), parent.is_valid()), "kind", "a plain post has no parent")


def _joined(row: Row, name: str, canonical: Callable[[str], str | None], found: pa.Array | None = None) -> pa.Array:
    """Given values in canonical form, verbatim ones and those found in the text, united."""
    parts = [] if found is None else [found]
    for column, form in ((name, canonical), (f"{name}:{VERBATIM}", verbatim_word)):
        if column in row.columns and row[column].null_count < row.n:
            forms, dropped = canonical_lists(row[column], form)
            parts.append(forms)
            if dropped:
                row.dropped[column] = row.dropped.get(column, 0) + dropped
    return united(parts) if parts else nested(row.n, np.empty(0, np.int64), pa.array([], TEXT))


def interactions(row: Row) -> Built:
    """The table ``interactions``; faults that only show across columns are added to ``row``."""
    columns = {
        "account": row.scoped("account_id"),
        "kind": pc.utf8_lower(row["kind"]),
        "target_type": row["target_type"],
        "target": _targets(row),
        "at": row["at"],
        "post": row.scoped("post_id"),
    }
    key = _given_or_hash(row.scoped("interaction_id"), columns)
    return [("interactions", {"interaction": key, **columns}, None)]


_TARGETS: dict[str, Callable[[str], str | None]] = {
    "ticker": text.ticker,
    "link": text.canonical_link,
    "hashtag": text.hashtag,
    "domain": lambda value: value.strip().casefold() or None,
    "wallet": lambda value: value if ":" in value.strip(":") else None,
    "identifier": lambda value: value if ":" in value.strip(":") else None,
}


def _targets(row: Row) -> pa.Array:
    """Keys of the nodes acted on, each canonical for its type."""
    verbatim = f"target_id:{VERBATIM}"
    raw, types = row["target_id"], row["target_type"]
    own = pc.is_in(types, pa.array(["account", "post"]))
    out = pc.if_else(own, row.scoped("target_id"), raw)
    if verbatim in row.columns:
        return pc.if_else(row[verbatim].is_valid(), pc.if_else(own, row.scoped(verbatim), row[verbatim]), out)
    for kind in pc.unique(types).to_pylist():
        canonical = _TARGETS.get(kind)
        if canonical is None:
            continue
        mask = pc.equal(types, kind)
        encoded = raw.dictionary_encode()
        forms = pa.array([canonical(w) for w in encoded.dictionary.to_pylist()], TEXT).take(encoded.indices)
        out = pc.if_else(mask, forms, out)
        row.refuse_where(pc.and_(mask, pc.and_(forms.is_null(), raw.is_valid())), "target_id", f"not a {kind}")
    return out


def _identifiers(row: Row) -> Built:
    # where columns are swapped, the personal value stands here
    named = pc.match_substring_regex(row["kind"], r"^\s*[A-Za-z][A-Za-z0-9_-]*\s*$")
    row.refuse_where(pc.invert(named), "kind", "not the name of a kind: letters, digits, _ and - only")
    kind, value = masked(pc.if_else(named, row["kind"], pa.scalar(None, TEXT)), row["value"], row.secret)
    columns = {
        "account": row.scoped("account_id"),
        "kind": kind,
        "value": value,
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
    }
    row.refuse_where(pc.less(row["last_seen"], row["first_seen"]), "last_seen", "before first_seen")
    return [("identifiers", columns, None)]


def _transfers(row: Row) -> Built:
    columns: Columns = {}
    for side in ("source", "target"):
        kind = row[f"{side}_type"].fill_null("account")
        wallet = pc.equal(kind, "wallet")
        row.refuse_where(pc.and_(wallet, row["chain"].is_null()), "chain", f"missing: the {side} is a wallet")
        columns[f"{side}_type"] = kind
        address = pc.binary_join_element_wise(row["chain"], row[side], ":")
        columns[side] = pc.if_else(wallet, address, row.scoped(side))
    columns |= {name: row[name] for name in ("at", "chain", "asset", "amount", "tx")}
    scope = pc.coalesce(row["chain"], row.platform)
    placed = pc.binary_join_element_wise(scope, row["tx"], row["position"], ":")
    return [("transfers", {"transfer": _given_or_hash(placed, columns), **columns}, None)]


def _campaigns(row: Row) -> Built:
    participants = row["participants"]
    owners = pc.list_parent_indices(participants)
    keys = pc.binary_join_element_wise(row.platform.take(owners), pc.list_flatten(participants), ":")
    columns = {
        **{name: row[name] for name in ("campaign_id", "start", "end", "sponsor", "disclosure_required")},
        "tickers": _joined(row, "tickers", text.ticker),
        "hashtags": _joined(row, "hashtags", text.hashtag),
        "links": _joined(row, "links", text.canonical_link),
        "participants": nested(row.n, owners.to_numpy(), keys),
    }
    row.refuse_where(pc.less(row["end"], row["start"]), "end", "before start")
    return [("campaigns", columns, None)]


def _candles(row: Row) -> Built:
    low = pc.min_element_wise(row["open"], row["close"], row["high"], skip_nulls=False)
    high = pc.max_element_wise(row["open"], row["close"], row["low"], skip_nulls=False)
    row.refuse_where(pc.greater(row["low"], low), "low", "above another price of the same interval")
    row.refuse_where(pc.less(row["high"], high), "high", "below another price of the same interval")
    return _plain("candles")(row)


def _trades(row: Row) -> Built:
    table, columns, _ = _plain("trades")(row)[0]
    hashed = {name: column for name, column in columns.items() if name != "trade_id"}
    return [(table, {**columns, "trade_id": _given_or_hash(row["trade_id"], hashed)}, None)]


def _given_or_hash(given: pa.Array, columns: Mapping[str, pa.Array]) -> pa.Array:
    """The source's id of a row, or a hash of its content where it gives none."""
    if not given.null_count:
        return given
    parts = []
    for array in columns.values():
        whole = array.cast(pa.int64()) if pa.types.is_timestamp(array.type) else array
        parts.append(whole.cast(TEXT))
    joined = pc.binary_join_element_wise(*parts, _SEPARATOR, null_handling="replace", null_replacement=_NOTHING)
    hashes = [hashlib.blake2b(row.encode(), digest_size=16).hexdigest() for row in joined.to_pylist()]
    return pc.coalesce(given, pa.array(hashes, TEXT))


_BUILDERS: Mapping[str, Callable[[Row], Built]] = {
    "accounts": _plain("accounts", account="account_id"),
    "posts": _posts,
    "interactions": interactions,
    "identifiers": _identifiers,
    "transfers": _transfers,
    "labels": _plain("labels", account="account_id"),
    "campaigns": _campaigns,
    "verdicts": _plain("verdicts"),
    "account_states": _plain("account_states", account="account_id"),
    "post_events": _plain("post_events", post="post_id"),
    "events": _plain("events"),
    "candles": _candles,
    "trades": _trades,
}


def empty(record: str, name: str, n: int) -> pa.Array:
    """A column that the file does not have."""
    kind: Any = RECORDS[record].by_name[name].kind
    return pa.nulls(n, TEXTS if kind in {"words", "tickers", "links", "hashtags"} else ARROW[kind])


ARROW: Mapping[str, pa.DataType] = {
    "time": pa.timestamp("us", tz="UTC"),
    "flag": pa.bool_(),
    "count": pa.int64(),
    "amount": pa.float64(),
    "price": pa.float64(),
    **dict.fromkeys(("id", "text", "word", "symbol", "asset", "decimal", "object"), TEXT),
}
"""Arrow type of a checked column by its field's kind; lists apart."""
