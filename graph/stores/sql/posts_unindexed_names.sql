-- purpose: posts that a folded key range misses and the index lacks
SELECT key FROM post_ids WHERE seq <= :pin AND key IN (
SELECT post FROM posts WHERE seq > :indexed AND fold(post) <> post
UNION ALL SELECT key FROM stubs WHERE id >= (SELECT ifnull(min(first_id), 1 << 62) FROM commits WHERE seq > :indexed) AND fold(key) <> key)
