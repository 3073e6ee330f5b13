"""The parts of the SQLite store (:mod:`graph.stores.sqlite`)."""
