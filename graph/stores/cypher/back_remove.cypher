// purpose: findings taken away again with everything that joins them to the graph
UNWIND $keys AS key
MATCH (f:Finding {key: key})
WITH f, COUNT { (f)--() } AS joined
DETACH DELETE f
RETURN count(*), sum(joined)
