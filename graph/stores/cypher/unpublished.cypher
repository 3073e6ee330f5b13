// purpose: rows of one table that a writer left behind unpublished, with the columns asked for
MATCH (n:<label>)
WHERE n.row > $last
WITH n
ORDER BY n.row
LIMIT $limit
RETURN n.row, [c IN $columns | CASE WHEN c IN $times THEN n[c].epochSeconds * 1000000 + n[c].microsecond ELSE n[c] END]
