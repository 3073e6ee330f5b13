// purpose: names of indexes
SHOW INDEXES YIELD name
