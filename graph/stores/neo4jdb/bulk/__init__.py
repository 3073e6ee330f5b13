"""Files for a first load in bulk, made from any store for ``neo4j-admin database import full``."""
