// purpose: nodes of one type that a writer left behind unpublished
MATCH (n:<label>)
WHERE n.since > $head
WITH n
LIMIT $limit
DETACH DELETE n
RETURN count(*)
