"""What a case stands on: evidence as it was captured, snapshots, and who held them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from cases.storage.columns import at, key, metadata, of, version, words

captures = Table(
    "captures",
    metadata,
    key(),
    of("alerts", name="alert_id"),
    words("finding", 80),
    words("hash", 64),
    Column("content", Text, nullable=True),  # None once it has expired: its hash stays
    at("at"),
    at("expires_at", optional=True),  # set while its alert is dismissed
    Column("held", Boolean, nullable=False),  # kept whatever becomes of the alert
    at("removed_at", optional=True),
    version(),
    UniqueConstraint("alert_id", "hash"),
    Index("ix_captures_expires_at", "expires_at"),
)
snapshots = Table(
    "snapshots",
    metadata,
    key(64),  # SHA-256 of its content
    of("cases", name="case_id"),
    Column("alert_id", String(40), ForeignKey("alerts.id"), nullable=True),
    words("finding", 80),
    Column("content", Text, nullable=False),  # canonical JSON, what the id is the hash of
    words("taken_by", 200),
    at("at"),
    Index("ix_snapshots_case_id", "case_id", "at"),
)
custody = Table(
    "custody",
    metadata,
    key(),
    of("cases", name="case_id"),
    Column("seq", Integer, nullable=False),
    words("item", 80),
    words("event"),
    words("who", 200),
    at("at"),
    Column("place", Text, nullable=False),
    Column("why", Text, nullable=False),
    words("prev", 64),
    words("hash", 64),
    UniqueConstraint("case_id", "seq"),
)
#: Rows that are written once: a trigger refuses any change of them.
FROZEN = ("snapshots", "custody")
