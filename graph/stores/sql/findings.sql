-- purpose: findings recorded up to a commit that no later one supersedes
SELECT finding FROM findings AS f
WHERE seq <= :pin AND (:kind IS NULL OR kind = :kind) AND (:detector IS NULL OR detector = :detector) AND (:run IS NULL OR run = :run)
AND NOT EXISTS (SELECT 1 FROM findings AS later WHERE later.supersedes = f.id AND later.seq <= :pin)
