"""The casebook's tables; :mod:`cases.storage.migrations` makes them, and a test holds the two against each other.

Times are UTC with microseconds. Ids are random, so that nobody counts cases they may not know of. ``version`` grows
with each change of a row, and a change names the one it was made for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A time with its zone: kept as UTC, given back as UTC, whatever the database does with zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC; without its mark where the database has none."""
        if value is None:
            return None
        kept = value.astimezone(UTC)
        return kept.replace(tzinfo=None) if dialect.name == "sqlite" else kept

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC, marked as such."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id(length: int = 40) -> Column[str]:
    return Column("id", String(length), primary_key=True)


def _version() -> Column[int]:
    return Column("version", Integer, nullable=False)


def _at(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Moment, nullable=optional)


def _words(name: str, length: int = 40) -> Column[str]:
    return Column(name, String(length), nullable=False, server_default="")


def _of(table: str, *, optional: bool = False, name: str = "") -> Column[str]:
    return Column(name or f"{table[:-1]}_id", String(40), ForeignKey(f"{table}.id"), nullable=optional)


cases = Table(
    "cases",
    metadata,
    _id(),
    Column("title", Text, nullable=False),
    _words("state"),
    _words("resume"),  # state that a detour leads back to
    _words("outcome"),
    _words("severity", 2),
    _words("track"),  # platform · market
    Column("restricted", Boolean, nullable=False),  # only its access list may know of it
    Column("assignee", String(200), nullable=True),
    _words("opened_by", 200),
    _at("opened_at"),
    _at("updated_at"),
    _version(),
    Index("ix_cases_queue", "state", "severity", "opened_at"),
    Index("ix_cases_assignee", "assignee"),
)
access = Table(
    "access",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("person", String(200), primary_key=True),
    _words("granted_by", 200),
    _at("granted_at"),
)
alerts = Table(
    "alerts",
    metadata,
    _id(),
    _words("lineage", 80),
    _words("finding", 80),
    _words("detector", 80),
    _words("kind", 80),
    _words("priority"),
    Column("rank", Integer, nullable=False),  # of the priority, 0 the most urgent
    Column("score", Float, nullable=False),
    Column("summary", Text, nullable=False),
    _words("state"),
    _words("resume"),
    Column("reason", Text, nullable=False, server_default=""),
    _at("until", optional=True),
    _of("cases", optional=True, name="case_id"),
    Column("merged_into", String(40), ForeignKey("alerts.id"), nullable=True),
    Column("seen", Integer, nullable=False),  # times that detectors raised it
    Column("dismissed_score", Float, nullable=True),
    Column("told", JSON, nullable=False),  # the alert as it came last
    _at("raised_at"),
    _at("updated_at"),
    _version(),
    Index("ix_alerts_queue", "state", "rank", "raised_at"),
    Index("ix_alerts_lineage", "detector", "lineage"),
    Index("ix_alerts_case_id", "case_id"),
)
raised = Table(
    "raised",
    metadata,
    _id(),  # the detectors' own id of it: raising it twice changes nothing
    _of("alerts", name="alert_id"),
    _at("at"),
)
subjects = Table(
    "subjects",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("account", String(200), primary_key=True),
    _words("role"),
    Column("own_evidence", Boolean, nullable=False),  # without it no action can be proposed against it
    Index("ix_subjects_account", "account"),
)
notes = Table(
    "notes",
    metadata,
    _id(),
    _of("cases", name="case_id"),
    _words("author", 200),
    Column("text", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("mentions", JSON, nullable=False),
    _at("at"),
    Index("ix_notes_case_id", "case_id", "at"),
)
tasks = Table(
    "tasks",
    metadata,
    _id(),
    _of("cases", name="case_id"),
    Column("title", Text, nullable=False),
    _words("template", 80),
    Column("done_by", String(200), nullable=True),
    _at("done_at", optional=True),
    Column("place", Integer, nullable=False),
    _version(),
    Index("ix_tasks_case_id", "case_id", "place"),
)
proposals = Table(
    "proposals",
    metadata,
    _id(),
    _of("cases", name="case_id"),
    _words("kind"),  # decision · reversal
    _words("subject", 80),  # what it is about: an appeal's id where it reverses
    _words("state"),
    _words("hash", 64),
    Column("content", Text, nullable=False),  # canonical JSON, what the hash is of
    Column("grounds", JSON, nullable=False),  # why a second person must approve
    _words("proposed_by", 200),
    _at("proposed_at"),
    _at("expires_at"),
    Column("answered_by", String(200), nullable=True),
    _at("answered_at", optional=True),
    Column("reason", Text, nullable=False, server_default=""),
    _version(),
    Index("ix_proposals_case_id", "case_id"),
    Index("ix_proposals_state", "state", "expires_at"),
)
decisions = Table(
    "decisions",
    metadata,
    _id(),
    _of("cases", name="case_id"),
    _words("hash", 64),
    Column("content", Text, nullable=False),
    _words("outcome"),
    _words("severity", 2),
    _words("decided_by", 200),
    Column("approved_by", String(200), nullable=True),
    Column("proposal_id", String(40), ForeignKey("proposals.id"), nullable=True),
    Column("supersedes", String(40), ForeignKey("decisions.id"), nullable=True),
    _at("at"),
    UniqueConstraint("supersedes"),  # one correction of each: they form a line, not a tree
    UniqueConstraint("proposal_id"),
    Index("ix_decisions_case_id", "case_id", "at"),
)
actions = Table(
    "actions",
    metadata,
    _id(),
    Column("decision_id", String(40), ForeignKey("decisions.id"), nullable=False),
    _of("cases", name="case_id"),
    _words("subject", 500),
    _words("kind"),
    _words("state"),
    Column("reason", Text, nullable=False, server_default=""),
    _at("updated_at"),
    _version(),
    Index("ix_actions_decision_id", "decision_id"),
    Index("ix_actions_subject", "subject"),
)
containments = Table(
    "containments",
    metadata,
    _id(),
    _of("cases", name="case_id"),
    _words("kind"),  # limit_reach · block_link
    _words("subject", 500),
    _words("state"),
    Column("reason", Text, nullable=False),
    _words("opened_by", 200),
    _at("opened_at"),
    _at("due"),
    Column("approved_by", String(200), nullable=True),
    _version(),
    Index("ix_containments_state", "state", "due"),
)
appeals = Table(
    "appeals",
    metadata,
    _id(),
    _of("cases", name="case_id"),
    Column("decision_id", String(40), ForeignKey("decisions.id"), nullable=False),
    _words("appellant", 200),
    Column("text", Text, nullable=False),
    _words("state"),
    Column("reviewer", String(200), nullable=True),
    Column("reason", Text, nullable=False, server_default=""),
    _at("received_at"),
    _at("resolved_at", optional=True),
    _version(),
    Index("ix_appeals_state", "state", "received_at"),
    Index("ix_appeals_case_id", "case_id"),
    Index(
        "uq_appeals_open",
        "decision_id",
        "appellant",
        unique=True,
        sqlite_where=text("resolved_at IS NULL"),
        postgresql_where=text("resolved_at IS NULL"),
    ),
)
outbox = Table(
    "outbox",
    metadata,
    _id(),  # the idempotency key that goes out with it
    Column("topic", String(80), nullable=False),
    Column("payload", Text, nullable=False),
    _at("at"),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False, server_default=""),
    _at("delivered_at", optional=True),
    Index("ix_outbox_waiting", "delivered_at", "at"),
)
audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _at("at"),
    Column("actor", String(200), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("action", String(80), nullable=False),
    Column("subject", String(40), nullable=False),
    Column("subject_id", String(80), nullable=False),
    Column("detail", Text, nullable=False),  # canonical JSON
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_subject", "subject", "subject_id"),
)
#: Rows that are written once: a trigger refuses any change of them.
FROZEN = ("audit", "decisions", "raised")
