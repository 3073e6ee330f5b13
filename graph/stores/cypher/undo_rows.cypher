// purpose: rows of one table that a writer left behind unpublished
MATCH (n:<label>)
WHERE n.row > $last
WITH n
LIMIT $limit
DELETE n
RETURN count(*)
