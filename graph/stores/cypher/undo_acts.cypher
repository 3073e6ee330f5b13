// purpose: relationships of rows that were never published; r: source, row
UNWIND $rows AS r
MATCH (a:<source> {key: r[0]})-[e:<type>]->()
WHERE e.row = r[1]
DELETE e
