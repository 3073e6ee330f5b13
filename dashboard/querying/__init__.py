"""Read-only SQL over the projections of a store, with no way out to files, network or settings."""
