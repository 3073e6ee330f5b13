// purpose: rows of one table that a writer left behind unpublished, with the columns asked for
MATCH (n:<label>)
WHERE n.row > $last
RETURN n.row, [c IN $columns | n[c]]
ORDER BY n.row
LIMIT $limit
