-- purpose: newest posts that contain all words, from the index
SELECT created_at, post, text FROM posts
WHERE id IN (SELECT rowid FROM post_words WHERE post_words MATCH :match) AND seq <= min(:pin, :indexed)
ORDER BY created_at DESC, post LIMIT :limit
