// purpose: rows of one table between two row numbers, as columns: current ones, and past ones that the view still sees
// In no certain order, and one that is replaced meanwhile may come twice: the reader sorts them by row number.
CALL () {
  MATCH (n:<label>)
  WHERE n.row > $after AND n.row <= $until
  RETURN n
  UNION ALL
  MATCH (n:Past)
  USING INDEX n:Past(table, row)
  WHERE n.table = $table AND n.row > $after AND n.row <= $until AND n.ended > $seq
  RETURN n
}
WITH collect(n) AS ns
RETURN [c IN $columns | CASE WHEN c IN $times THEN [n IN ns | n[c].epochSeconds * 1000000 + n[c].microsecond] ELSE [n IN ns | n[c]] END]
