// purpose: past posts that the view still sees, between two row numbers, as columns
MATCH (p:Past)
USING INDEX p:Past(table, row)
WHERE p.table = 'posts' AND p.row > $after AND p.row <= $pin AND p.ended > $seq AND p.text IS NOT NULL
WITH p
ORDER BY p.row
LIMIT $limit
RETURN collect(p.created_at.epochSeconds * 1000000 + p.created_at.microsecond), collect(p.post),
       collect(p.text), collect(p.row)
