"""From files to the graph: formats, validation, extraction, loading, quarantine."""
