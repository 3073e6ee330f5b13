// purpose: findings between two commits
MATCH (n:FindingRecord)
WHERE n.seq > $after AND n.seq <= $seq
  AND ($kind IS NULL OR n.kind = $kind) AND ($detector IS NULL OR n.detector = $detector) AND ($run IS NULL OR n.run = $run)
  AND ($superseded OR NOT EXISTS { MATCH (s:FindingRecord {supersedes: n.id}) WHERE s.seq <= $seq })
RETURN n.body
