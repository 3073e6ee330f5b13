// purpose: nodes of one type whose key begins so and some name when folded, the first of each prefix in the order of the index
UNWIND $prefixes AS prefix
CALL (prefix) {
  MATCH (n:<label>)
  WHERE n.key STARTS WITH prefix AND coalesce(n.since <= $seq, n.row <= $pin)
    AND (coalesce(n.folded, n.key) STARTS WITH $fold OR coalesce(n.folded_id, '') STARTS WITH $fold)
  RETURN coalesce(n.full, n.key) AS key
  ORDER BY n.key
  LIMIT $limit
}
RETURN prefix, key
