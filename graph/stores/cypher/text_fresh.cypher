// purpose: posts that the full-text index lacks, between two row numbers, as columns; a day is a number like 20260301
MATCH (p:Post)
WHERE p.row > $after AND p.row <= $pin AND p.text IS NOT NULL
WITH p
ORDER BY p.row
LIMIT $limit
RETURN collect(p.row), collect(p.key), collect(p.text),
       collect(p.created_at.year * 10000 + p.created_at.month * 100 + p.created_at.day)
