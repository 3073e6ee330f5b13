"""The graph: model, tables, stores, projections. Imports nothing else of Lockstep."""
