// purpose: members of findings, where they are accounts of the newest commit; the hint: a small graph is planned otherwise
UNWIND $rows AS row
MATCH (f:Finding {key: row.finding})
MATCH (a:Account {key: row.key})
USING INDEX a:Account(key)
WHERE a.since <= $head
CREATE (f)-[:INVOLVES {role: row.role, score: row.score, evidence: row.evidence}]->(a)
