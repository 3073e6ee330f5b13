// purpose: current rows of one table by id: row, seq and columns
UNWIND $ids AS k
MATCH (n:<label> {id: k})
RETURN n.row, n.seq, [c IN $columns | CASE WHEN c IN $times THEN n[c].epochSeconds * 1000000 + n[c].microsecond ELSE n[c] END]
