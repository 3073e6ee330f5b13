// purpose: the undated ones of one list of a node, read in the order of its index: no time, the other end
MATCH (source)-[r:<type>]->(target)
USING INDEX r:<type>(<here>, undated, <there>)
WHERE r.<here> = $key
  AND r.undated = true
  AND r.<there> IS NOT NULL
  AND <here>:<label>
  AND ($rel IS NULL OR r.rel = $rel)
  AND coalesce(r.row, <there>.row, <there>.since) <= $pin
  AND NOT elementId(<there>) IN $barred
WITH r, <there> AS o
ORDER BY r.<here>, r.undated, r.<there>
LIMIT $limit
RETURN NULL, labels(o), coalesce(o.full, o.key)
