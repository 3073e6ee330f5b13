// purpose: posts that the full-text index lacks, between two row numbers
MATCH (p:Post)
WHERE p.row > $after AND p.row <= $pin AND p.text IS NOT NULL
RETURN p.created_at.epochSeconds * 1000000 + p.created_at.microsecond, coalesce(p.full, p.key), p.text, p.row
ORDER BY p.row
LIMIT $limit
