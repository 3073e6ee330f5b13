// purpose: how many of one list of a node a view sees
MATCH (<here>)
WHERE elementId(<here>) = $id
MATCH (source)-[r:<type>]->(target)
WHERE coalesce(r.row, <there>.row, <there>.since) <= $pin
  AND ($rel IS NULL OR r.rel = $rel)
  AND NOT elementId(<there>) IN $barred
  AND (NOT $bounded
    OR (r.at >= datetime({epochSeconds: $low[0], nanosecond: $low[1]})
        AND r.at <= datetime({epochSeconds: $high[0], nanosecond: $high[1]})))
RETURN count(*)
