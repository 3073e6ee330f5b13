-- purpose: posts in the text index whose version has ended since
SELECT id, text FROM posts_past WHERE ended > :after AND seq <= :after AND text IS NOT NULL
