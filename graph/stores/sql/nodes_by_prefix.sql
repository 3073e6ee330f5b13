-- purpose: nodes of a type whose key begins so
SELECT key FROM nodes WHERE type = :type AND domain = 0 AND key >= :low AND key < :high AND seq <= :pin
ORDER BY key LIMIT :limit
