"""One module a store, found by scanning this folder (see :mod:`graph.store`)."""
