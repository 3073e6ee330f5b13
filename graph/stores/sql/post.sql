-- purpose: a post as it was at a commit
SELECT * FROM posts WHERE id = (SELECT id FROM post_ids WHERE key = :key) AND seq <= :pin
UNION ALL
SELECT id, seq, post, account, created_at, kind, parent, text, lang, tickers, links, hashtags
FROM posts_past WHERE id = (SELECT id FROM post_ids WHERE key = :key) AND seq <= :pin AND ended > :pin
