-- purpose: posts to read for words: newer than the index, or replaced since the view's commit
SELECT created_at, post, text FROM posts WHERE seq > :indexed AND seq <= :pin AND text IS NOT NULL
UNION ALL SELECT created_at, post, text FROM posts_past WHERE ended > :pin AND seq <= :pin AND text IS NOT NULL
