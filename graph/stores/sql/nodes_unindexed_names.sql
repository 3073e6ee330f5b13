-- purpose: nodes of a type that a folded key range misses and the index lacks
SELECT key FROM nodes
WHERE id >= (SELECT ifnull(min(first_id), 1 << 62) FROM commits WHERE seq > :indexed) AND type = :type AND seq <= :pin AND (type = 3 OR fold(key) <> key)
