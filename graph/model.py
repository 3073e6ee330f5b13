"""Nodes, relationships and records as people read them (frozen; times are UTC; ids are opaque text).

Bulk data never takes this form: writers and projections use Arrow batches of the tables in
:mod:`graph.schema`.

A node is named by its type and its key. An account or a post is keyed by platform and id, joined by the first colon
(``x:44196397``); the platform is ``[a-z0-9_.-]+``, so the split is unambiguous whatever the id contains.
"""

from __future__ import annotations

import dataclasses
import enum
import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from graph.errors import RecordInvalid

PLATFORM = re.compile(r"[a-z0-9_.-]{1,40}")


class NodeType(enum.StrEnum):
    """The node types of the graph."""

    ACCOUNT = "account"
    POST = "post"
    TICKER = "ticker"
    LINK = "link"
    DOMAIN = "domain"
    HASHTAG = "hashtag"
    WALLET = "wallet"
    IDENTIFIER = "identifier"
    FINDING = "finding"


class Rel(enum.StrEnum):
    """The relationship types of the graph, each with the direction it is stored in."""

    POSTED = "POSTED"  # account → post
    MENTIONS = "MENTIONS"  # post → ticker
    TAGGED = "TAGGED"  # post → hashtag
    LINKS_TO = "LINKS_TO"  # post → link
    ON = "ON"  # link → domain
    REPOSTS = "REPOSTS"  # post → post
    QUOTES = "QUOTES"  # post → post
    REPLIES_TO = "REPLIES_TO"  # post → post
    LIKES = "LIKES"  # account → post or account, and so on: an interaction's kind
    FOLLOWS = "FOLLOWS"
    VIEWS = "VIEWS"
    SHARES = "SHARES"
    USES = "USES"  # account → identifier
    TRANSFERRED = "TRANSFERRED"  # account or wallet → account or wallet
    INVOLVES = "INVOLVES"  # finding → member


INTERACTION_RELS: dict[str, Rel] = {
    "like": Rel.LIKES,
    "follow": Rel.FOLLOWS,
    "view": Rel.VIEWS,
    "share": Rel.SHARES,
}
PARENT_RELS: dict[str, Rel] = {"repost": Rel.REPOSTS, "quote": Rel.QUOTES, "reply": Rel.REPLIES_TO}


class NodeRef(NamedTuple):
    """A node's name: sortable, hashable, printable."""

    type: NodeType
    key: str

    def __str__(self) -> str:
        return f"{self.type}/{self.key}"

    @classmethod
    def parse(cls, text: str) -> NodeRef:
        """Read ``type/key`` back.

        Raises
        ------
        RecordInvalid
            The type is unknown or the key is empty.
        """
        kind, _, key = text.partition("/")
        if kind not in set(NodeType) or not key:
            raise RecordInvalid(f"not a node: {text!r}", hint="write TYPE/KEY, for example account/x:42")
        return cls(NodeType(kind), key)


def scoped(platform: str, identity: str) -> str:
    """Key of an account or post: platform and id."""
    return f"{platform}:{identity}"


def unscoped(key: str) -> tuple[str, str]:
    """Platform and id of an account's or post's key."""
    platform, _, identity = key.partition(":")
    return platform, identity


def host_of(link: str) -> str | None:
    """Host of a canonical URL; None for an opaque link id that is no URL."""
    if "://" not in link:
        return None
    try:
        return urlsplit(link).hostname
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as last observed; everything but the key may be unknown (a stub)."""

    account: str
    handle: str | None = None
    created_at: datetime | None = None
    verified: bool | None = None
    followers: int | None = None
    lang: str | None = None
    attributes: str | None = None
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A post; ``account`` is None where it was only referred to (a stub)."""

    post: str
    account: str | None = None
    created_at: datetime | None = None
    kind: str = "post"
    parent: str | None = None
    text: str | None = None
    lang: str | None = None
    tickers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ticker:
    """A coin's or share's symbol, upper case, without the dollar sign."""

    symbol: str


@dataclass(frozen=True, slots=True)
class Link:
    """A canonical URL and its host (None for an opaque link id)."""

    url: str
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something accounts share; personal kinds hold a keyed HMAC, never the value."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Interaction:
    """An account acted on a node, perhaps through a post of its own."""

    key: str
    account: str
    kind: str
    target: NodeRef
    at: datetime | None = None
    post: str | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """An asset moved between accounts or wallets; the amount is decimal text, never a float."""

    key: str
    source: NodeRef
    target: NodeRef
    at: datetime | None = None
    asset: str | None = None
    amount: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """What SOURCE said of an account on a DATE: an attribution, never a fact about the account."""

    account: str
    label: str
    source: str | None = None
    at: datetime | None = None
    until: datetime | None = None
    ring_id: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One relationship as stored: direction source → target."""

    source: NodeRef
    rel: Rel
    target: NodeRef
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A page of neighbours.

    ``edges`` are in the asked order; ``total`` counts every edge that matches (shown or not, those to excluded nodes
    not counted), so that the interface can say "25 of 312".
    """

    edges: tuple[Edge, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Path:
    """A walk without repeated nodes; ``edges[i]`` joins ``nodes[i]`` and ``nodes[i + 1]`` in either direction."""

    nodes: tuple[NodeRef, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Nodes and the relationships among them."""

    nodes: tuple[NodeRef, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A search result: the node and the text that matched."""

    node: NodeRef
    text: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row in the quarantine."""

    source: str  # file as given
    line: int  # 1-based line or row number
    type: str  # record type, or "" where it is not known
    field: str  # the field at fault, or ""
    reason: str
    raw: str  # the row as read; personal values masked
    options: str = ""  # JSON of the options the file was loaded with, so that it can be replayed
    id: int = dataclasses.field(default=0, compare=False)  # given by the store
