-- purpose: posts that the text index lacks
SELECT id, text FROM posts WHERE seq > :after AND text IS NOT NULL
