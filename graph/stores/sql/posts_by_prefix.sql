-- purpose: posts whose key begins so
SELECT key FROM post_ids WHERE key >= :low AND key < :high AND seq <= :pin ORDER BY key LIMIT :limit
