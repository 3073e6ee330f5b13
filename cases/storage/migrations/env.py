"""What Alembic runs: the migrations over a connection that it is given."""

from __future__ import annotations

from alembic import context

from cases.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
