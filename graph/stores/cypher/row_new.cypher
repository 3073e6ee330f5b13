// purpose: new rows of one table
UNWIND $rows AS r
CREATE (n:<label>)
SET n = r
