// purpose: newest posts that contain all words, from the full-text index
CALL db.index.fulltext.queryNodes('post_words', $query) YIELD node AS p
WHERE p.row <= $pin
WITH p, coalesce(p.full, p.key) AS key
ORDER BY p.created_at DESC, key
LIMIT $limit
RETURN p.created_at.epochSeconds * 1000000 + p.created_at.microsecond, key, p.text
