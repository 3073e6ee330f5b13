// purpose: findings as nodes; of those that are there already, the relationships go, to be made anew
UNWIND $findings AS finding
MERGE (f:Finding {key: finding.key})
SET f = finding
WITH f
MATCH (f)-[r:INVOLVES|RESTS_ON]->()
DELETE r
