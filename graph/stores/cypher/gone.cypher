// purpose: rows seen at one commit and no more at another: their key columns
MATCH (n:Past)
USING INDEX n:Past(table, ended)
WHERE n.table = $table AND n.ended > $after AND n.ended <= $seq AND n.row <= $last
WITH n
ORDER BY n.row
RETURN [c IN $columns | CASE WHEN c IN $times THEN n[c].epochSeconds * 1000000 + n[c].microsecond ELSE n[c] END]
