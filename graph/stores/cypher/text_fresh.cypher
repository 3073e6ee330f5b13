// purpose: posts that the full-text index lacks, between two row numbers
MATCH (p:Post)
WHERE p.row > $after AND p.row <= $pin
RETURN p.row, p.key, p.text
ORDER BY p.row
LIMIT $limit
