"""Suspicions of market abuse: what became of each, kept for five years."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Table, Text

from cases.storage.columns import at, key, metadata, of, words

stor_decisions = Table(
    "stor_decisions",
    metadata,
    key(),
    of("cases", name="case_id"),
    words("outcome"),  # filed · not_filed
    words("breach"),
    words("entity", 200),  # who bears the duty, and filed it
    words("reference", 200),  # the authority's or the entity's own, where it was filed
    Column("reasons_for", Text, nullable=False),
    Column("reasons_against", Text, nullable=False),
    Column("delay", Text, nullable=False, server_default=""),  # why it was not at once
    Column("snapshots", JSON, nullable=False),  # what it was judged from
    words("decided_by", 200),
    at("at"),
    at("keep_until"),
    Index("ix_stor_decisions_case_id", "case_id", "at"),
)
#: Rows that are written once: a trigger refuses any change of them.
FROZEN = ("stor_decisions",)
