// purpose: findings whose id begins so: two are enough to know that the beginning is ambiguous
MATCH (n:FindingRecord)
WHERE n.id STARTS WITH $id AND n.seq <= $seq
RETURN n.id, n.body
ORDER BY n.id
LIMIT 2
