"""Alembic's migrations of the casebook; they are run by :mod:`cases.storage.database`, never by hand."""
