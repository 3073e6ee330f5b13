-- purpose: findings recorded between two commits, without those that a later one supersedes unless they are asked for, too
SELECT finding FROM findings AS f
WHERE seq > :after AND seq <= :pin AND (:kind IS NULL OR kind = :kind) AND (:detector IS NULL OR detector = :detector) AND (:run IS NULL OR run = :run)
AND (:superseded OR NOT EXISTS (SELECT 1 FROM findings AS later WHERE later.supersedes = f.id AND later.seq <= :pin))
