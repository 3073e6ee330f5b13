"""How the tables of :mod:`graph.schema` lie in Neo4j: labels, relationship types, and which rows make which.

Nodes
    Every node type has a label of its own name and a unique ``key``; ``since`` is the commit that first named it. A
    Post that was loaded carries its row, and ``since`` only where that is older; one that was only referred to is a
    Stub too.
Rows
    Every other table's current rows are nodes of the label in :data:`ROWS`, with the table's columns as properties and
    a unique ``id`` made of the key columns. A current row (a loaded Post too) has ``seq``, the commit that wrote it,
    ``row``, a number that only grows within its table, so that rows lie in the order of their commits, and ``digest``,
    by which a repeated row is recognised. A version that was replaced or deleted is a Past node with ``table`` and
    ``ended``, the commit that ended it.
Relationships
    They carry ``at`` where dated, and the key of the end (or ends) from which they are listed, so that an index gives
    the newest first. Those that a post or a link makes follow their node; those of other rows carry ``row``. An ended
    one is a PAST with ``rel``, ``since`` and ``ended``.
Commits
    A Commit holds ``seq``, ``recorded_at``, and ``rows`` and ``counts``: the highest row number and the number of
    current rows of each table in :data:`TABLE_ORDER`. What carries a higher number is being written: nobody sees it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from graph.model import NodeType, Rel

LABELS: Mapping[NodeType, str] = {kind: kind.value.capitalize() for kind in NodeType}
"""Label of each node type: Account, Post, Ticker …"""
TYPES: Mapping[str, NodeType] = {label: kind for kind, label in LABELS.items()}
ROWS: Mapping[str, str] = {
    "accounts": "Observation",
    "posts": "Post",
    "engagements": "Engagement",
    "interactions": "Interaction",
    "identifiers": "IdentifierUse",
    "transfers": "Transfer",
    "labels": "Label",
    "campaigns": "Campaign",
    "verdicts": "Verdict",
    "account_states": "AccountState",
    "post_events": "PostEvent",
    "events": "Event",
}
"""Label of each table's current rows."""
TABLE_ORDER = tuple(ROWS)
"""Tables in the order of a Commit's ``rows``; new ones are only ever added at the end."""

ACTED = "ACTED"
"""Type of an interaction whose relation is one that posts make: ``rel`` names it."""
PAST = "PAST"
"""Type of a relationship that has ended."""
ACTS = {Rel.LIKES, Rel.FOLLOWS, Rel.VIEWS, Rel.SHARES}
"""Relations that interactions make under their own type."""
KEY_BYTES = 2_000
"""Longest key kept as it is: an index entry of Neo4j holds 8 kB, and some hold two keys."""
HEAD = 400
"""Characters of a longer one that an index still knows."""
LONG = f"^.{{{HEAD}}}…[0-9a-f]{{32}}$"
"""What a shortened key looks like (others may, too)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list of relationships that a node may have, in an index by time.

    Parameters
    ----------
    type : str
        Relationship type; of ``ACTED`` the relation is in its ``rel``.
    way : str
        ``in`` where the node is the target, ``out`` where it is the source.
    table : str
        Table whose rows make them; "" for links on domains.
    """

    type: str
    way: str
    table: str


LISTS = (
    Listed(Rel.POSTED, "out", "posts"),
    *(
        Listed(rel, "in", "posts")
        for rel in (Rel.MENTIONS, Rel.TAGGED, Rel.LINKS_TO, Rel.REPOSTS, Rel.QUOTES, Rel.REPLIES_TO)
    ),
    Listed(Rel.ON, "in", ""),
    *(
        Listed(kind, way, table)
        for kind, table in (
            *((rel.value, "interactions") for rel in (Rel.LIKES, Rel.FOLLOWS, Rel.VIEWS, Rel.SHARES)),
            (ACTED, "interactions"),
            (Rel.USES.value, "identifiers"),
            (Rel.TRANSFERRED.value, "transfers"),
        )
        for way in ("out", "in")
    ),
)
"""Every list; what a post's or a link's own row names is not listed from its side: the row itself says it."""


def indexed(key: str) -> str:
    """A key as the database holds it: itself, or its beginning and a hash where it is too long for an index.

    The whole key of such a node is its property ``full``.
    """
    if len(key) <= KEY_BYTES // 4 or len(raw := key.encode()) <= KEY_BYTES:
        return key
    return f"{key[:HEAD]}…{hashlib.blake2b(raw, digest_size=16).hexdigest()}"
