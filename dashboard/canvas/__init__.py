"""Pictures of pieces of the graph."""
