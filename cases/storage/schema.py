"""The casebook's core: cases, alerts, proposals, decisions, appeals, messages to be sent, and the audit trail."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from cases.storage.columns import at, key, metadata, of, version, words

cases = Table(
    "cases",
    metadata,
    key(),
    Column("title", Text, nullable=False),
    words("state"),
    words("resume"),  # state that a detour leads back to
    words("outcome"),
    words("severity", 2),
    words("track"),  # platform · market
    Column("restricted", Boolean, nullable=False),  # only its access list may know of it
    Column("tlp", String(12), nullable=False, server_default="AMBER"),  # how far it may go (cases.privacy.tlp)
    Column("assignee", String(200), nullable=True),
    words("opened_by", 200),
    at("opened_at"),
    at("updated_at"),
    version(),
    Index("ix_cases_queue", "severity", "opened_at", "id"),
    Index("ix_cases_state", "state"),
    Index("ix_cases_assignee", "assignee"),
)
access = Table(
    "access",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("person", String(200), primary_key=True),
    words("granted_by", 200),
    at("granted_at"),
)
alerts = Table(
    "alerts",
    metadata,
    key(),
    words("lineage", 80),
    words("finding", 80),
    words("detector", 80),
    words("kind", 80),
    words("priority"),
    Column("rank", Integer, nullable=False),  # of the priority, 0 the most urgent
    Column("score", Float, nullable=False),
    Column("summary", Text, nullable=False),
    words("state"),
    words("resume"),
    Column("reason", Text, nullable=False, server_default=""),
    at("until", optional=True),
    of("cases", optional=True, name="case_id"),
    Column("merged_into", String(40), ForeignKey("alerts.id"), nullable=True),
    Column("seen", Integer, nullable=False),  # times that detectors raised it
    Column("dismissed_score", Float, nullable=True),
    Column("told", JSON, nullable=False),  # the alert as it came last
    at("raised_at"),
    at("updated_at"),
    version(),
    Index(
        "ix_alerts_waiting",
        "rank",
        "raised_at",
        "id",
        sqlite_where=text("state IN ('new', 'triaged')"),
        postgresql_where=text("state IN ('new', 'triaged')"),
    ),
    Index("ix_alerts_queue", "state", "rank", "raised_at", "id"),
    Index("ix_alerts_lineage", "detector", "lineage"),
    Index("ix_alerts_case_id", "case_id"),
)
raised = Table(
    "raised",
    metadata,
    key(),  # the detectors' own id of it: raising it twice changes nothing
    of("alerts", name="alert_id"),
    at("at"),
)
subjects = Table(
    "subjects",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("account", String(200), primary_key=True),
    words("role"),
    Column("own_evidence", Boolean, nullable=False),  # without it no action can be proposed against it
    Index("ix_subjects_account", "account"),
)
notes = Table(
    "notes",
    metadata,
    key(),
    of("cases", name="case_id"),
    words("author", 200),
    Column("text", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("mentions", JSON, nullable=False),
    at("at"),
    Index("ix_notes_case_id", "case_id", "at"),
)
tasks = Table(
    "tasks",
    metadata,
    key(),
    of("cases", name="case_id"),
    Column("title", Text, nullable=False),
    words("template", 80),
    Column("done_by", String(200), nullable=True),
    at("done_at", optional=True),
    Column("place", Integer, nullable=False),
    version(),
    Index("ix_tasks_case_id", "case_id", "place"),
)
proposals = Table(
    "proposals",
    metadata,
    key(),
    of("cases", name="case_id"),
    words("kind"),  # decision · reversal
    words("subject", 80),  # what it is about: an appeal's id where it reverses
    words("state"),
    words("hash", 64),
    Column("content", Text, nullable=False),  # canonical JSON, what the hash is of
    Column("grounds", JSON, nullable=False),  # why a second person must approve
    words("proposed_by", 200),
    at("proposed_at"),
    at("expires_at"),
    Column("answered_by", String(200), nullable=True),
    at("answered_at", optional=True),
    Column("reason", Text, nullable=False, server_default=""),
    version(),
    Index("ix_proposals_case_id", "case_id"),
    Index("ix_proposals_state", "state", "expires_at"),
)
decisions = Table(
    "decisions",
    metadata,
    key(),
    of("cases", name="case_id"),
    words("hash", 64),
    Column("content", Text, nullable=False),
    words("outcome"),
    words("severity", 2),
    words("decided_by", 200),
    Column("approved_by", String(200), nullable=True),
    Column("proposal_id", String(40), ForeignKey("proposals.id"), nullable=True),
    Column("supersedes", String(40), ForeignKey("decisions.id"), nullable=True),
    at("at"),
    UniqueConstraint("supersedes"),  # one correction of each: they form a line, not a tree
    UniqueConstraint("proposal_id"),
    Index("ix_decisions_case_id", "case_id", "at"),
)
actions = Table(
    "actions",
    metadata,
    key(),
    Column("decision_id", String(40), ForeignKey("decisions.id"), nullable=False),
    of("cases", name="case_id"),
    words("subject", 500),
    words("kind"),
    words("state"),
    Column("reason", Text, nullable=False, server_default=""),
    at("updated_at"),
    version(),
    Index("ix_actions_decision_id", "decision_id"),
    Index("ix_actions_subject", "subject"),
)
containments = Table(
    "containments",
    metadata,
    key(),
    of("cases", name="case_id"),
    words("kind"),  # limit_reach · block_link
    words("subject", 500),
    words("state"),
    Column("reason", Text, nullable=False),
    words("opened_by", 200),
    at("opened_at"),
    at("due"),
    Column("approved_by", String(200), nullable=True),
    version(),
    Index("ix_containments_state", "state", "due"),
)
appeals = Table(
    "appeals",
    metadata,
    key(),
    of("cases", name="case_id"),
    Column("decision_id", String(40), ForeignKey("decisions.id"), nullable=False),
    words("appellant", 200),
    Column("text", Text, nullable=False),
    words("state"),
    Column("reviewer", String(200), nullable=True),
    Column("reason", Text, nullable=False, server_default=""),
    at("received_at"),
    at("resolved_at", optional=True),
    version(),
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
    key(),  # the idempotency key that goes out with it
    Column("topic", String(80), nullable=False),
    Column("payload", Text, nullable=False),
    at("at"),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False, server_default=""),
    at("delivered_at", optional=True),
    Index("ix_outbox_waiting", "delivered_at", "at"),
)
audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    at("at"),
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
