"""The tables a store keeps: Arrow schemas, keys and meaning, in one place.

Writers take, and Views give back, record batches of these tables. Everything is already validated and canonical here:
account and post columns hold scoped keys (:func:`graph.model.scoped`), times are UTC microseconds, tickers, links and
hashtags are extracted. Which raw columns a user's file may have is :mod:`ingest.records`' business.

A row is identified by its table's key columns (compared with null equal to null). The same key with other content is a
new version; the earlier one stays in the history until the commit that replaced it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")
TEXT = pa.string()
TEXTS = pa.list_(pa.string())


@dataclass(frozen=True)
class Column:
    """One column: Arrow type, whether it may be null, and what it says."""

    name: str
    type: pa.DataType
    about: str
    required: bool = False
    key: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the graph."""

    name: str
    about: str
    columns: tuple[Column, ...]
    time: str | None = None  # the column that time windows select by

    @cached_property
    def schema(self) -> pa.Schema:
        """Arrow schema of a batch, columns in the declared order."""
        return pa.schema([pa.field(c.name, c.type, nullable=not c.required) for c in self.columns])

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns."""
        return tuple(c.name for c in self.columns if c.key)

    def column(self, name: str) -> Column:
        """The column of that name (KeyError if there is none)."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {c.name: c for c in self.columns}


def _key(name: str, about: str, type_: pa.DataType = TEXT, *, required: bool = True) -> Column:
    return Column(name, type_, about, required=required, key=True)


def _table(name: str, about: str, *columns: Column, time: str | None = None) -> Table:
    return Table(name, about, columns, time)


_TABLES = (
    _table(
        "accounts",
        "Dated observations of an account; the newest (undated ones first) describes it.",
        _key("account", "scoped key"),
        _key("observed_at", "when it looked so; null: undated", TIME, required=False),
        Column("handle", TEXT, "name shown on the platform"),
        Column("created_at", TIME, "when the account was made"),
        Column("verified", pa.bool_(), "carried the platform's verification"),
        Column("followers", pa.int64(), "follower count"),
        Column("lang", TEXT, "BCP 47 language tag"),
        Column("attributes", TEXT, "further attributes, a JSON object"),
    ),
    _table(
        "posts",
        "What an account published.",
        _key("post", "scoped key"),
        Column("account", TEXT, "author's scoped key", required=True),
        Column("created_at", TIME, "when it was published", required=True),
        Column("kind", TEXT, "post · repost · quote · reply", required=True),
        Column("parent", TEXT, "scoped key of the post reposted, quoted or replied to"),
        Column("text", TEXT, "as published"),
        Column("lang", TEXT, "BCP 47 language tag"),
        Column("tickers", TEXTS, "symbols, upper case, sorted, distinct", required=True),
        Column("links", TEXTS, "canonical URLs or verbatim link ids, sorted, distinct", required=True),
        Column("hashtags", TEXTS, "folded, sorted, distinct", required=True),
        time="created_at",
    ),
    _table(
        "engagements",
        "Dated counts of a post.",
        _key("post", "scoped key"),
        _key("observed_at", "when they were read; null: undated", TIME, required=False),
        Column("views", pa.int64(), "≥ 0"),
        Column("likes", pa.int64(), "≥ 0"),
        Column("reposts", pa.int64(), "≥ 0"),
    ),
    _table(
        "interactions",
        "An account acted on a node: like · follow · view · share …",
        _key("interaction", "given id, else a hash of the row's other columns"),
        Column("account", TEXT, "scoped key of who acted", required=True),
        Column("kind", TEXT, "like · follow · view · share, or the platform's own word", required=True),
        Column("target_type", TEXT, "node type of the target", required=True),
        Column("target", TEXT, "node key of the target", required=True),
        Column("at", TIME, "when"),
        Column("post", TEXT, "scoped key of the post by which it was done, if any"),
        time="at",
    ),
    _table(
        "identifiers",
        "An account used a device, address, wallet, referral code …",
        _key("account", "scoped key"),
        _key("kind", "device · ip · wallet · referral · email_hash · phone_hash"),
        _key("value", "keyed HMAC for personal kinds, verbatim for the others"),
        Column("first_seen", TIME, "first use known"),
        Column("last_seen", TIME, "last use known"),
        time="first_seen",
    ),
    _table(
        "transfers",
        "An asset moved between accounts or wallets.",
        _key("transfer", "tx and position if given, else a hash of the row's other columns"),
        Column("source_type", TEXT, "account · wallet", required=True),
        Column("source", TEXT, "node key; a wallet is chain:address", required=True),
        Column("target_type", TEXT, "account · wallet", required=True),
        Column("target", TEXT, "node key", required=True),
        Column("at", TIME, "when"),
        Column("chain", TEXT, "chain name"),
        Column("asset", TEXT, "what moved"),
        Column("amount", TEXT, "decimal text"),
        Column("tx", TEXT, "transaction id"),
        time="at",
    ),
    _table(
        "labels",
        "What a source said of an account.",
        _key("account", "scoped key"),
        _key("label", "sybil · benign · service · official · verified …"),
        _key("source", "who says so", required=False),
        _key("at", "since when", TIME, required=False),
        Column("until", TIME, "until when"),
        Column("ring_id", TEXT, "the source's name for the group"),
        time="at",
    ),
    _table(
        "campaigns",
        "A declared campaign: it explains events, which then count only for their excess.",
        _key("campaign_id", "id"),
        Column("start", TIME, "first moment", required=True),
        Column("end", TIME, "last moment", required=True),
        Column("tickers", TEXTS, "symbols", required=True),
        Column("hashtags", TEXTS, "folded", required=True),
        Column("links", TEXTS, "canonical URLs", required=True),
        Column("sponsor", TEXT, "who pays"),
        Column("participants", TEXTS, "scoped account keys; empty: anybody", required=True),
        Column("disclosure_required", pa.bool_(), "posts must say that they are paid"),
        time="start",
    ),
    _table(
        "verdicts",
        "A decision made elsewhere.",
        _key("subject", "account's scoped key, link, ticker …"),
        _key("outcome", "as the source words it"),
        _key("at", "when", TIME),
        Column("finding_id", TEXT, "finding it was about"),
        Column("policy", TEXT, "policy applied"),
        Column("action", TEXT, "action taken"),
        Column("reversed_at", TIME, "when it was reversed"),
        time="at",
    ),
    _table(
        "account_states",
        "What the platform says of an account's state.",
        _key("account", "scoped key"),
        _key("at", "since when", TIME),
        Column("state", TEXT, "active · limited · suspended · hijacked · deleted …", required=True),
        time="at",
    ),
    _table(
        "post_events",
        "A post was edited, deleted or restored on the platform.",
        _key("post", "scoped key"),
        _key("kind", "edited · deleted · restored"),
        _key("at", "when", TIME),
        Column("text", TEXT, "the text after an edit"),
        time="at",
    ),
    _table(
        "events",
        "Something known to have happened to a ticker.",
        _key("ticker", "symbol"),
        _key("at", "when", TIME),
        _key("kind", "pump · listing · news …"),
        Column("source", TEXT, "who says so"),
        time="at",
    ),
)

TABLES: Mapping[str, Table] = {t.name: t for t in _TABLES}
"""The versioned tables of a store by name. Candles and trades are columnar files (:mod:`graph.market`)."""

_MARKET = (
    _table(
        "candles",
        "Price and volume of a market in an interval.",
        _key("venue", "exchange"),
        _key("base", "what is bought, upper case"),
        _key("quote", "what is paid, upper case"),
        _key("interval", "1m · 1h · 1d …"),
        _key("open_time", "start of the interval", TIME),
        *(Column(c, pa.float64(), f"{c}, in quote units", required=True) for c in ("open", "high", "low", "close")),
        Column("volume", pa.float64(), "in base units", required=True),
        Column("quote_volume", pa.float64(), "in quote units"),
        Column("trades", pa.int64(), "number of trades"),
        Column("taker_buy_base", pa.float64(), "volume bought at the ask, base units"),
        Column("taker_buy_quote", pa.float64(), "the same in quote units"),
        time="open_time",
    ),
    _table(
        "trades",
        "Single trades, or trades an exchange merged.",
        _key("venue", "exchange"),
        _key("base", "what is bought, upper case"),
        _key("quote", "what is paid, upper case"),
        _key("trade_id", "the exchange's number, else a hash of the row"),
        Column("time", TIME, "when", required=True),
        Column("price", pa.float64(), "quote units per base unit", required=True),
        Column("quantity", pa.float64(), "base units", required=True),
        Column("side", TEXT, "buy · sell: what the taker did", required=True),
        Column("first_id", pa.int64(), "first trade merged"),
        Column("last_id", pa.int64(), "last trade merged"),
        time="time",
    ),
)
MARKET_TABLES: Mapping[str, Table] = {t.name: t for t in _MARKET}


def check(table: str, batch: pa.RecordBatch) -> Table:
    """The table's declaration, after making sure that the batch has its schema and no required value is null.

    Raises
    ------
    ValueError
        Unknown table, a batch of another schema, or a null where the table has none: a programming error, not bad
        input.
    """
    declared = TABLES.get(table) or MARKET_TABLES.get(table)
    if declared is None:
        raise ValueError(f"no table {table!r}")
    if not batch.schema.equals(declared.schema):
        raise ValueError(f"{table}: batch schema differs\n{batch.schema}\nfrom\n{declared.schema}")
    for column in declared.columns:
        if column.required and batch.column(column.name).null_count:
            raise ValueError(f"{table}: null in {column.name}")
    return declared


def versioned(name: str) -> Table:
    """The declaration of a versioned table.

    Raises
    ------
    ValueError
        There is none of this name.
    """
    if name not in TABLES:
        raise ValueError(f"no table {name!r}")
    return TABLES[name]


def selected(table: Table, columns: Sequence[str] | None, *, windowed: bool) -> list[str]:
    """Columns that a scan is to give (all, if none are named), after checking that it can.

    Raises
    ------
    ValueError
        An unknown column, or a window in time over a table without one.
    """
    names = list(table.schema.names if columns is None else columns)
    unknown = sorted({*names} - {*table.schema.names, "seq"})
    if unknown:
        raise ValueError(f"{table.name}: no column {', '.join(unknown)}")
    if table.time is None and windowed:
        raise ValueError(f"{table.name}: has no time to select by")
    return names


def named_by_key(table: Table, key: Mapping[str, object]) -> None:
    """Make sure that a row is named by the table's key columns (ValueError otherwise)."""
    if set(key) != set(table.key):
        raise ValueError(f"{table.name}: a row is named by {', '.join(table.key)}, not by {', '.join(key)}")
