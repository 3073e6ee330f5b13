-- purpose: nodes that the index of names lacks
SELECT type, id, key FROM nodes WHERE id >= (SELECT ifnull(min(first_id), 1 << 62) FROM commits WHERE seq > :after)
UNION ALL SELECT 1, id, post FROM posts WHERE seq > :after
UNION ALL SELECT 1, id, key FROM stubs WHERE id >= (SELECT ifnull(min(first_id), 1 << 62) FROM commits WHERE seq > :after)
