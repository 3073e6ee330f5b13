// purpose: observations of an account that a view sees
CALL () {
  MATCH (n:Observation {account: $account})
  WHERE n.seq <= $seq
  RETURN n
  UNION
  MATCH (n:Past)
  USING INDEX n:Past(table, id)
  WHERE n.table = 'accounts' AND n.id STARTS WITH $prefix AND n.account = $account AND n.seq <= $seq AND n.ended > $seq
  RETURN n
}
RETURN DISTINCT n.row, [c IN $columns | CASE WHEN c IN $times THEN n[c].epochSeconds * 1000000 + n[c].microsecond ELSE n[c] END]
