// purpose: make nodes of one type where missing; r: key, full key, folded key, folded id
UNWIND $rows AS r
MERGE (n:<label> {key: r[0]})
ON CREATE SET n.since = $seq, n.full = r[1], n.folded = r[2], n.folded_id = r[3]
