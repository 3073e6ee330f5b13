"""The record types that files may hold: their raw columns, kinds and limits.

A raw column's name may carry a modifier after a colon: ``links:verbatim`` (link, ticker and hashtag ids kept as they
are), ``created_at:s``, ``:ms``, ``:us`` (the unit of numbers). Every type but candles and trades also takes
``platform``, the scope of its account and post ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from graph.errors import IngestError
from graph.model import NodeType
from lockstep.config import nearest

VERBATIM = "verbatim"
NODE_TYPES = tuple(t.value for t in NodeType if t is not NodeType.FINDING)
POST_KINDS = ("post", "repost", "quote", "reply")


@dataclass(frozen=True)
class Field:
    """One raw column.

    ``kind`` names the reading in :mod:`ingest.validate`: id · text · word · symbol · asset · time · flag · count ·
    amount · price · decimal · object · words · tickers · links · hashtags.
    """

    name: str
    kind: str
    about: str
    required: bool = False
    limit: int = 512  # characters, where the value is text
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordType:
    """One record type."""

    name: str
    about: str
    fields: tuple[Field, ...]

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by name."""
        return {f.name: f for f in self.fields}

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that every row must fill."""
        return tuple(f.name for f in self.fields if f.required)


def _need(name: str, kind: str, about: str, limit: int = 512, choices: tuple[str, ...] = ()) -> Field:
    return Field(name, kind, about, required=True, limit=limit, choices=choices)


_PLATFORM = Field("platform", "word", "scope of account and post ids; lower case", limit=40)
_OBSERVED = Field("observed_at", "time", "when the attributes or counts were read")
_TICKERS = Field("tickers", "tickers", "symbols, beside those in the text")
_LINKS = Field("links", "links", "URLs, beside those in the text")
_HASHTAGS = Field("hashtags", "hashtags", "hashtags, beside those in the text")


def _type(name: str, about: str, *fields: Field) -> RecordType:
    return RecordType(name, about, fields)


_TYPES = (
    _type(
        "accounts",
        "What an account looks like, perhaps dated by observed_at.",
        _need("account_id", "id", "the platform's id"),
        _PLATFORM,
        _OBSERVED,
        Field("handle", "text", "name shown on the platform"),
        Field("created_at", "time", "when the account was made"),
        Field("verified", "flag", "carries the platform's verification"),
        Field("followers", "count", "follower count"),
        Field("lang", "word", "BCP 47 language tag", limit=35),
        Field("attributes", "object", "further attributes, a JSON object", limit=100_000),
    ),
    _type(
        "posts",
        "What an account published.",
        _need("post_id", "id", "the platform's id; where posts are numbered by channel, with the channel"),
        _need("account_id", "id", "the author"),
        _need("created_at", "time", "when it was published"),
        _PLATFORM,
        _OBSERVED,
        Field("text", "text", "as published", limit=1_000_000),
        Field("kind", "word", "post · repost · quote · reply", choices=POST_KINDS),
        Field("parent_id", "id", "the post reposted, quoted or replied to"),
        _TICKERS,
        _LINKS,
        _HASHTAGS,
        Field("lang", "word", "BCP 47 language tag", limit=35),
        Field("views", "count", "as of observed_at"),
        Field("likes", "count", "as of observed_at"),
        Field("reposts", "count", "as of observed_at"),
    ),
    _type(
        "interactions",
        "An account acted on a node.",
        _need("account_id", "id", "who acted"),
        _need("kind", "word", "like · follow · view · share, or the platform's own word", limit=64),
        _need("target_id", "id", "what was acted on", limit=8192),
        _need("target_type", "word", "its node type", choices=NODE_TYPES),
        _PLATFORM,
        Field("at", "time", "when"),
        Field("interaction_id", "id", "the platform's id"),
        Field("post_id", "id", "the post by which it was done"),
    ),
    _type(
        "identifiers",
        "An account used something that others may use too.",
        _need("account_id", "id", "who used it"),
        _need("kind", "word", "device · ip · email · phone · wallet · referral · email_hash · phone_hash …", limit=64),
        _need("value", "id", "personal kinds become keyed HMACs before anything is stored", limit=4096),
        _PLATFORM,
        Field("first_seen", "time", "first use known"),
        Field("last_seen", "time", "last use known"),
    ),
    _type(
        "transfers",
        "An asset moved.",
        _need("source", "id", "account id or wallet address"),
        _need("target", "id", "account id or wallet address"),
        _PLATFORM,
        Field("source_type", "word", "account (unless said) · wallet", choices=("account", "wallet")),
        Field("target_type", "word", "account (unless said) · wallet", choices=("account", "wallet")),
        Field("chain", "word", "chain name; required for wallets", limit=64),
        Field("at", "time", "when"),
        Field("asset", "word", "what moved", limit=128),
        Field("amount", "decimal", "decimal number"),
        Field("tx", "id", "transaction id"),
        Field("position", "id", "which transfer of the transaction", limit=32),
    ),
    _type(
        "labels",
        "What a source said of an account.",
        _need("account_id", "id", "of whom"),
        _need("label", "word", "sybil · benign · service · official · verified …", limit=128),
        _PLATFORM,
        Field("source", "text", "who says so"),
        Field("at", "time", "since when"),
        Field("until", "time", "until when"),
        Field("ring_id", "id", "the source's name for the group"),
    ),
    _type(
        "campaigns",
        "A declared campaign.",
        _need("campaign_id", "id", "id"),
        _need("start", "time", "first moment"),
        _need("end", "time", "last moment"),
        _PLATFORM,
        _TICKERS,
        _HASHTAGS,
        _LINKS,
        Field("sponsor", "text", "who pays"),
        Field("participants", "words", "account ids; empty: anybody"),
        Field("disclosure_required", "flag", "posts must say that they are paid"),
    ),
    _type(
        "verdicts",
        "A decision made elsewhere.",
        _need("subject", "id", "account key (platform:id), link, ticker …", limit=8192),
        _need("outcome", "text", "as the source words it"),
        _need("at", "time", "when"),
        Field("finding_id", "id", "finding it was about"),
        Field("policy", "text", "policy applied"),
        Field("action", "text", "action taken"),
        Field("reversed_at", "time", "when it was reversed"),
    ),
    _type(
        "account_states",
        "What the platform says of an account's state.",
        _need("account_id", "id", "of whom"),
        _need("state", "word", "active · limited · suspended · hijacked · deleted …", limit=64),
        _need("at", "time", "since when"),
        _PLATFORM,
    ),
    _type(
        "post_events",
        "A post was changed on the platform.",
        _need("post_id", "id", "which post"),
        _need("kind", "word", "edited · deleted · restored", choices=("edited", "deleted", "restored")),
        _need("at", "time", "when"),
        _PLATFORM,
        Field("text", "text", "the text after an edit", limit=1_000_000),
    ),
    _type(
        "events",
        "Something known to have happened to a ticker.",
        _need("ticker", "symbol", "symbol"),
        _need("at", "time", "when"),
        _need("kind", "word", "pump · listing · news …", limit=64),
        Field("source", "text", "who says so"),
    ),
    _type(
        "candles",
        "Price and volume of a market in an interval.",
        _need("venue", "word", "exchange", limit=64),
        _need("base", "asset", "what is bought", limit=64),
        _need("quote", "asset", "what is paid", limit=64),
        _need("interval", "word", "1m · 1h · 1d …", limit=16),
        _need("open_time", "time", "start of the interval"),
        *(_need(c, "price", f"{c}, in quote units") for c in ("open", "high", "low", "close")),
        _need("volume", "amount", "in base units"),
        Field("quote_volume", "amount", "in quote units"),
        Field("trades", "count", "number of trades"),
        Field("taker_buy_base", "amount", "volume bought at the ask, base units"),
        Field("taker_buy_quote", "amount", "the same in quote units"),
    ),
    _type(
        "trades",
        "Single trades, or trades an exchange merged.",
        _need("venue", "word", "exchange", limit=64),
        _need("base", "asset", "what is bought", limit=64),
        _need("quote", "asset", "what is paid", limit=64),
        _need("time", "time", "when"),
        _need("price", "price", "quote units per base unit"),
        _need("quantity", "amount", "base units"),
        _need("side", "word", "buy · sell: what the taker did", choices=("buy", "sell")),
        Field("trade_id", "id", "the exchange's number"),
        Field("first_id", "count", "first trade merged"),
        Field("last_id", "count", "last trade merged"),
    ),
)

RECORDS: Mapping[str, RecordType] = {t.name: t for t in _TYPES}
"""Every record type by name."""

MODIFIERS = {
    "time": ("s", "ms", "us"),
    "tickers": (VERBATIM,),
    "links": (VERBATIM,),
    "hashtags": (VERBATIM,),
}


def modifiers(record: str, field: Field) -> tuple[str, ...]:
    """What may follow the field's name after a colon."""
    if (record, field.name) == ("interactions", "target_id"):
        return (VERBATIM,)
    return MODIFIERS.get(field.kind, ())


def type_of(name: str) -> str | None:
    """The record type that a file's name begins with: ``posts.jsonl``, ``account_states-2024.csv``."""
    folded = name.casefold()
    for record in sorted(RECORDS, key=len, reverse=True):
        if folded.startswith(record) and not re.match("[a-z]", folded[len(record) :]):
            return record
    return None


def require(record: str, columns: Iterable[str], path: Path) -> None:
    """Refuse a table that lacks a required column altogether.

    Raises
    ------
    IngestError
        Names the missing columns and those that are there.
    """
    there = list(columns)
    plain = {name.partition(":")[0] for name in there}
    lacking = [name for name in RECORDS[record].required if name not in plain and name != "venue"]
    if lacking:
        raise IngestError(
            f"{record} need the column{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}",
            str(path),
            f"it has: {', '.join(there[:40]) or 'none'}; say with --map which column is what",
        )


def settle_type(wanted: str | None, name: str) -> str | None:
    """The record type the user asked for, else the one the file's name says.

    Raises
    ------
    IngestError
        The type asked for does not exist.
    """
    if wanted is not None and wanted not in RECORDS:
        raise IngestError(f"no record type {wanted!r}", name, nearest(wanted, RECORDS))
    return wanted or type_of(name)
