// purpose: the current version of one row up to a commit
MATCH (n:<label> {id: $id})
WHERE n.seq <= $seq
RETURN n.row, n.seq, null,
       [c IN $columns | CASE WHEN c IN $times THEN n[c].epochSeconds * 1000000 + n[c].microsecond ELSE n[c] END]
