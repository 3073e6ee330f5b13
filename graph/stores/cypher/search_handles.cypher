// purpose: accounts with a handle that begins so, among current observations and past ones that the view still sees
CALL () {
  MATCH (o:Observation)
  WHERE o.folded_handle STARTS WITH $prefix AND o.row <= $pin
  RETURN o
  UNION
  MATCH (o:Past)
  USING INDEX o:Past(table, ended)
  WHERE o.table = 'accounts' AND o.ended > $seq AND o.row <= $pin AND o.folded_handle STARTS WITH $prefix
  RETURN o
}
WITH o.account AS key, max([o.row, o.handle]) AS last
ORDER BY key
LIMIT $limit
RETURN key, last[1]
