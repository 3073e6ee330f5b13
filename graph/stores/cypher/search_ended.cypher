// purpose: past posts that the view still sees, where they are few
MATCH (p:Past)
USING INDEX p:Past(table, ended)
WHERE p.table = 'posts' AND p.ended > $seq AND p.row <= $pin AND p.text IS NOT NULL
RETURN p.created_at.epochSeconds * 1000000 + p.created_at.microsecond, p.post, p.text
LIMIT $limit
