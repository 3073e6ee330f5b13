// purpose: posts that the full-text index lacks, between two row numbers, as columns
MATCH (p:Post)
WHERE p.row > $after AND p.row <= $pin AND p.text IS NOT NULL
WITH p
ORDER BY p.row
LIMIT $limit
RETURN collect(p.created_at.epochSeconds * 1000000 + p.created_at.microsecond), collect(coalesce(p.full, p.key)),
       collect(p.text), collect(p.row)
