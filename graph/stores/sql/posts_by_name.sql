-- purpose: posts with a folded name that begins with the text
SELECT DISTINCT post_ids.key FROM names
JOIN post_ids ON post_ids.key = coalesce((SELECT post FROM posts WHERE id = names.id), (SELECT key FROM stubs WHERE id = names.id))
WHERE names.type = 1 AND folded >= :wanted AND folded < :beyond AND post_ids.seq <= :pin ORDER BY post_ids.key LIMIT :limit
