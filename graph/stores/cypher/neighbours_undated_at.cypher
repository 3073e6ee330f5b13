// purpose: the undated ones of one list of a node between two keys, by the other end: no time, the other end
MATCH (source)-[r:<type>]->(target)
USING INDEX r:<type>(<here>, undated, <there>)
WHERE r.<here> = $key
  AND r.undated = true
  AND r.<there> >= $first
  AND r.<there> <= $last
  AND <here>:<label>
  AND ($rel IS NULL OR r.rel = $rel)
  AND coalesce(r.row, <there>.row, <there>.since) <= $pin
  AND NOT elementId(<there>) IN $barred
WITH r, <there> AS o
ORDER BY coalesce(o.full, o.key), [i IN range(0, size($labels) - 1) WHERE $labels[i] IN labels(o)][0]
LIMIT $limit
RETURN NULL, labels(o), coalesce(o.full, o.key)
