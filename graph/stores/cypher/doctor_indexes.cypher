// purpose: indexes and how far they are
SHOW INDEXES YIELD name, state, populationPercent
RETURN name, state, populationPercent
