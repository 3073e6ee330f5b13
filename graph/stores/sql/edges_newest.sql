-- purpose: a node's newest relationships of one slot, with the type and name of the other end
SELECT at, coalesce((SELECT type FROM nodes WHERE id = other), 1) AS type,
coalesce((SELECT post FROM posts WHERE id = other), (SELECT key FROM nodes WHERE id = other),
  (SELECT key FROM stubs WHERE id = other)) AS key
FROM edges WHERE slot = :slot AND at >= :start AND at < :end AND seq <= :pin
AND other NOT IN (SELECT value FROM json_each(:exclude))
ORDER BY at DESC, key, type, ref LIMIT :limit
