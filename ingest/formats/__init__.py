"""One module a format, found by scanning this folder (see :mod:`ingest.formats.base`)."""
