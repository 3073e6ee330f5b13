"""The parts of the Neo4j store (:mod:`graph.stores.neo4j`)."""
