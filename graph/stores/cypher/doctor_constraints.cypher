// purpose: names of constraints
SHOW CONSTRAINTS YIELD name
RETURN name
