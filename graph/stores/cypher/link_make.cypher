// purpose: make links where missing, each on its domain; r: key, full key, folded key, none, domain
UNWIND $rows AS r
MERGE (n:Link {key: r[0]})
ON CREATE SET n.since = $seq, n.full = r[1], n.folded = r[2]
WITH n, r
WHERE r[4] IS NOT NULL AND n.since = $seq
MATCH (d:Domain {key: r[4]})
MERGE (n)-[e:ON]->(d)
ON CREATE SET e.source = r[0], e.target = r[4]
