"""Clocks, hand-offs, releases and emergencies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cases.storage.migrations import written_once

revision = "0003"
down_revision = "0002"
FROZEN = ("log_entries", "releases", "sources")


def upgrade() -> None:
    """Make the tables."""
    _clocks()
    _handoffs()
    _emergencies()
    _log_entries()
    _releases()
    _lots()
    _sources()
    for table in FROZEN:
        written_once.freeze(table)


def _clocks() -> None:
    op.create_table(
        "clocks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), server_default="", nullable=False),
        sa.Column("state", sa.String(length=40), server_default="", nullable=False),
        sa.Column("severity", sa.String(length=2), server_default="", nullable=False),
        sa.Column("calendar", sa.String(length=80), server_default="", nullable=False),
        sa.Column("span_s", sa.Float(), nullable=False),
        sa.Column("left_s", sa.Float(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("nearest", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_clocks_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clocks")),
    )
    op.create_index("ix_clocks_case_id", "clocks", ["case_id"], unique=False)
    op.create_index(
        "ix_clocks_nearest",
        "clocks",
        ["due_at", "case_id"],
        unique=False,
        sqlite_where=sa.text("nearest = 1"),
        postgresql_where=sa.text("nearest"),
    )
    op.create_index("ix_clocks_state", "clocks", ["state", "warn_at"], unique=False)


def _handoffs() -> None:
    op.create_table(
        "handoffs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("team", sa.String(length=40), server_default="", nullable=False),
        sa.Column("person", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=40), server_default="", nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.String(length=200), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_handoffs_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
    )
    op.create_index("ix_handoffs_case_id", "handoffs", ["case_id", "asked_at"], unique=False)
    op.create_index("ix_handoffs_state", "handoffs", ["state", "due_at"], unique=False)


def _emergencies() -> None:
    op.create_table(
        "emergencies",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("playbook", sa.String(length=80), server_default="", nullable=False),
        sa.Column("state", sa.String(length=40), server_default="", nullable=False),
        sa.Column("commander", sa.String(length=200), nullable=False),
        sa.Column("declared_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_emergencies_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergencies")),
    )
    op.create_index("ix_emergencies_case_id", "emergencies", ["case_id", "declared_at"], unique=False)
    op.create_index("ix_emergencies_state", "emergencies", ["state", "due_at"], unique=False)


def _log_entries() -> None:
    op.create_table(
        "log_entries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("emergency_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=200), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_log_entries_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["emergency_id"], ["emergencies.id"], name=op.f("fk_log_entries_emergency_id_emergencies")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entries")),
    )
    op.create_index("ix_log_entries_case_id", "log_entries", ["case_id", "at", "place"], unique=False)


def _releases() -> None:
    op.create_table(
        "releases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=40), server_default="", nullable=False),
        sa.Column("about", sa.String(length=40), server_default="", nullable=False),
        sa.Column("released_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_releases_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
    )
    op.create_index("ix_releases_about", "releases", ["about", "step"], unique=False)
    op.create_index("ix_releases_case_id", "releases", ["case_id", "at"], unique=False)


def _lots() -> None:
    op.create_table(
        "lots",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_lots_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
    )
    op.create_index("ix_lots_case_id", "lots", ["case_id"], unique=False)


def _sources() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("alert_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_sources_alert_id_alerts")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_sources_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    op.create_index("ix_sources_case_id", "sources", ["case_id"], unique=False)
