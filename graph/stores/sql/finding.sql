-- purpose: findings whose id begins so
SELECT id, finding FROM findings WHERE id >= :id AND id < :beyond AND seq <= :pin ORDER BY id LIMIT 2
