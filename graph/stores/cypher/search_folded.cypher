// purpose: nodes of one type of whose folded names one begins so, in no order of use
MATCH (n:<label>)
WHERE n.<property> STARTS WITH $prefix AND coalesce(n.since <= $seq, n.row <= $pin)
WITH n
LIMIT $limit
RETURN collect(coalesce(n.full, n.key))
