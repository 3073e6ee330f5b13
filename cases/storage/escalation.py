"""Clocks, hand-offs, releases and emergencies."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, String, Table, Text, text

from cases.storage.columns import at, key, metadata, of, version, words

clocks = Table(
    "clocks",
    metadata,
    key(),
    of("cases", name="case_id"),
    words("kind"),  # acknowledgement · first_decision · full
    words("state"),
    words("severity", 2),  # that its span is of
    words("calendar", 80),
    Column("span_s", Float, nullable=False),  # working seconds from start to due
    Column("left_s", Float, nullable=True),  # of them, what was left when it was paused
    at("started_at"),
    at("warn_at", optional=True),  # three quarters of the span; none while it is paused
    at("due_at", optional=True),
    at("done_at", optional=True),  # acknowledged, decided
    at("ended_at", optional=True),  # a later clock of its kind took its place
    Column("why", Text, nullable=False, server_default=""),  # of its start, pause or end
    Column("nearest", Boolean, nullable=False),  # the one of its case that is due first: what queues are ordered by
    version(),
    Index(
        "ix_clocks_nearest",
        "due_at",
        "case_id",
        sqlite_where=text("nearest = 1"),
        postgresql_where=text("nearest"),
    ),
    Index("ix_clocks_state", "state", "warn_at"),
    Index("ix_clocks_case_id", "case_id"),
)
handoffs = Table(
    "handoffs",
    metadata,
    key(),
    of("cases", name="case_id"),
    words("team"),  # legal · compliance · policy · communications · security
    Column("person", String(200), nullable=True),  # whom it was given to, if to one
    words("state"),
    Column("told", JSON, nullable=False),  # what the team needs, by the name of the field
    words("asked_by", 200),
    at("asked_at"),
    at("due_at"),
    Column("accepted_by", String(200), nullable=True),
    Column("answer", Text, nullable=False, server_default=""),
    Column("answered_by", String(200), nullable=True),
    at("answered_at", optional=True),
    Column("reason", Text, nullable=False, server_default=""),  # why it was returned or withdrawn
    at("raised_at", optional=True),  # said once that it is late
    version(),
    Index("ix_handoffs_case_id", "case_id", "asked_at"),
    Index("ix_handoffs_state", "state", "due_at"),
)
emergencies = Table(
    "emergencies",
    metadata,
    key(),
    of("cases", name="case_id"),
    words("playbook", 80),
    words("state"),
    Column("commander", String(200), nullable=False),
    words("declared_by", 200),
    Column("reason", Text, nullable=False),
    at("declared_at"),
    at("due_at"),  # contained by then, and once it has ended reviewed by then
    at("contained_at", optional=True),
    at("ended_at", optional=True),
    at("reviewed_at", optional=True),
    Column("review", JSON, nullable=False),
    at("raised_at", optional=True),
    version(),
    Index("ix_emergencies_case_id", "case_id", "declared_at"),
    Index("ix_emergencies_state", "state", "due_at"),
)
log_entries = Table(
    "log_entries",
    metadata,
    key(),
    of("emergencies", name="emergency_id"),
    of("cases", name="case_id"),
    Column("place", Integer, nullable=False),
    words("author", 200),
    at("at"),
    Column("text", Text, nullable=False),
    Index("ix_log_entries_case_id", "case_id", "at", "place"),
)
releases = Table(
    "releases",
    metadata,
    key(),
    of("cases", name="case_id"),
    words("step"),  # enforce · notice · answer
    words("about"),  # the decision's or the appeal's id
    words("released_by", 200),
    Column("reason", Text, nullable=False),
    at("at"),
    Index("ix_releases_case_id", "case_id", "at"),
    Index("ix_releases_about", "about", "step"),
)
lots = Table(
    "lots",  # read by cases.escalation.releases alone: whether one of them fell is nobody's to see
    metadata,
    key(60),  # step-id
    of("cases", name="case_id"),
    Column("held", Boolean, nullable=False),
    at("passed_at", optional=True),
    Index("ix_lots_case_id", "case_id"),
)
sources = Table(
    "sources",  # alerts that a case of the market track stands on; the alerts themselves stay as they were
    metadata,
    key(),
    of("cases", name="case_id"),
    of("alerts", name="alert_id"),
    at("at"),
    Index("ix_sources_case_id", "case_id"),
)
#: Rows that are written once: a trigger refuses any change of them.
FROZEN: tuple[str, ...] = ("log_entries", "releases", "sources")
