"""People and services who work from the command line, and the tokens that they are known by."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Table, UniqueConstraint

from cases.storage.columns import at, key, metadata, of, version, words

persons = Table(
    "persons",
    metadata,
    key(),
    words("name", 200),  # what the trail keeps: the same as on the pages
    words("kind", 10),  # person · service
    Column("roles", JSON, nullable=False),
    words("registered_by", 200),
    at("registered_at"),
    at("disabled_at", optional=True),
    version(),
    UniqueConstraint("name"),
)
tokens = Table(
    "tokens",
    metadata,
    key(),  # the part of a token that is no secret
    of("persons"),
    words("hash", 64),  # SHA-256 of the whole token, whose secret part has 256 random bits
    words("made_by", 200),
    at("made_at"),
    at("expires_at"),
    at("ended_at", optional=True),
    version(),
    Index("ix_tokens_person_id", "person_id"),
)
#: Rows that are written once: a trigger refuses any change of them.
FROZEN: tuple[str, ...] = ()
