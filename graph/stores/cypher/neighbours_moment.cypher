// purpose: what one list of a node has at one moment, by the other end: time in µs, the other end
MATCH (source)-[r:<type>]->(target)
USING INDEX r:<type>(<here>, at)
WHERE r.<here> = $key
  AND r.at = datetime({epochSeconds: $low[0], nanosecond: $low[1]})
  AND <here>:<label>
  AND ($rel IS NULL OR r.rel = $rel)
  AND coalesce(r.row, <there>.row, <there>.since) <= $pin
  AND NOT elementId(<there>) IN $barred
WITH r, <there> AS o
ORDER BY coalesce(o.full, o.key), [i IN range(0, size($labels) - 1) WHERE $labels[i] IN labels(o)][0]
LIMIT $limit
RETURN r.at.epochSeconds * 1000000 + r.at.microsecond, labels(o), coalesce(o.full, o.key)
