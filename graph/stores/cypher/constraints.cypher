// purpose: names of constraints
SHOW CONSTRAINTS YIELD name
