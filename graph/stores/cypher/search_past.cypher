// purpose: past posts that the view still sees, between two row numbers
MATCH (p:Past)
USING INDEX p:Past(table, row)
WHERE p.table = 'posts' AND p.row > $after AND p.row <= $pin AND p.ended > $seq AND p.text IS NOT NULL
RETURN p.created_at.epochSeconds * 1000000 + p.created_at.microsecond, p.post, p.text, p.row
ORDER BY p.row
LIMIT $limit
