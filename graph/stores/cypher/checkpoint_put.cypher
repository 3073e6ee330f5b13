// purpose: remember how far loads have come
UNWIND $rows AS r
MERGE (c:Checkpoint {name: r[0]})
SET c.state = r[1], c.seq = $seq
