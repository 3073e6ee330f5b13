// purpose: what findings rest on, of one label, where it is in the newest commit
UNWIND $rows AS row
MATCH (f:Finding {key: row.finding})
MATCH (n:<label> {key: row.key})
WHERE coalesce(n.since <= $head, n.row <= $pin)
CREATE (f)-[:RESTS_ON {measure: row.measure, evidence: row.evidence}]->(n)
