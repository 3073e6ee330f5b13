// purpose: nodes of one type of whose names one begins so, the first by their whole key
MATCH (n:<label>)
WHERE n.<property> STARTS WITH $prefix AND coalesce(n.since <= $seq, n.row <= $pin)
RETURN coalesce(n.full, n.key) AS key
ORDER BY key
LIMIT $limit
