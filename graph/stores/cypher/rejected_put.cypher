// purpose: put rows in the quarantine, each once; r: digest, id, properties
UNWIND $rows AS r
MERGE (n:Rejected {digest: r[0]})
ON CREATE SET n += r[2], n.id = r[1]
