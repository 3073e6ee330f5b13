"""What became of suspicions of market abuse."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cases.storage.migrations import written_once

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "stor_decisions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), server_default="", nullable=False),
        sa.Column("breach", sa.String(length=40), server_default="", nullable=False),
        sa.Column("entity", sa.String(length=200), server_default="", nullable=False),
        sa.Column("reference", sa.String(length=200), server_default="", nullable=False),
        sa.Column("reasons_for", sa.Text(), nullable=False),
        sa.Column("reasons_against", sa.Text(), nullable=False),
        sa.Column("delay", sa.Text(), server_default="", nullable=False),
        sa.Column("snapshots", sa.JSON(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keep_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_stor_decisions_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stor_decisions")),
    )
    op.create_index("ix_stor_decisions_case_id", "stor_decisions", ["case_id", "at"], unique=False)
    written_once.freeze("stor_decisions")
