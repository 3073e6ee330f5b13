// purpose: past versions of one row up to a commit
MATCH (n:Past)
USING INDEX n:Past(table, id)
WHERE n.table = $table AND n.id = $id AND n.seq <= $seq
RETURN n.row, n.seq, n.ended, [c IN $columns | CASE WHEN c IN $times THEN n[c].epochSeconds * 1000000 + n[c].microsecond ELSE n[c] END]
ORDER BY n.row
