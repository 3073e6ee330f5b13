// purpose: make posts that are only referred to, where missing; r: key, full key, folded key, folded id
UNWIND $rows AS r
MERGE (n:Post {key: r[0]})
ON CREATE SET n:Stub, n.since = $seq, n.full = r[1], n.folded = r[2], n.folded_id = r[3]
