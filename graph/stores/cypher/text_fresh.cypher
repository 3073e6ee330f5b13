// purpose: posts that the full-text index lacks, between two row numbers, as columns
MATCH (p:Post)
WHERE p.row > $after AND p.row <= $pin AND p.text IS NOT NULL
WITH p
ORDER BY p.row
LIMIT $limit
RETURN collect(p.row), collect(p.key), collect(p.text)
