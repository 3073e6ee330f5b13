// purpose: append findings, unless they are there
UNWIND $rows AS r
MERGE (n:FindingRecord {id: r.id})
ON CREATE SET n = r
