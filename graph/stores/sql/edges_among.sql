-- purpose: relationships of some slots to some nodes, without those that posts carry themselves
SELECT slot, at, coalesce((SELECT type FROM nodes WHERE id = other), 1) AS type,
       coalesce((SELECT post FROM posts WHERE id = other), (SELECT key FROM nodes WHERE id = other), (SELECT key FROM stubs WHERE id = other)) AS key
FROM edges WHERE slot IN (SELECT value FROM json_each(:slots)) AND ref != 0 AND seq <= :pin AND other IN (SELECT value FROM json_each(:others))
UNION ALL
SELECT slot, at, coalesce((SELECT type FROM nodes WHERE id = other), 1) AS type,
       coalesce((SELECT post FROM posts WHERE id = other), (SELECT key FROM nodes WHERE id = other), (SELECT key FROM stubs WHERE id = other)) AS key
FROM edges_past WHERE slot IN (SELECT value FROM json_each(:slots)) AND ref != 0 AND seq <= :pin AND ended > :pin AND other IN (SELECT value FROM json_each(:others))
