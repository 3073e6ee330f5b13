// purpose: how many one list of a node has between two times, where the view sees all of them
MATCH (source)-[r:<type>]->(target)
USING INDEX r:<type>(<here>, at)
WHERE r.<here> = $key
  AND r.at >= datetime({epochSeconds: $low[0], nanosecond: $low[1]})
  AND r.at <= datetime({epochSeconds: $high[0], nanosecond: $high[1]})
  AND <here>:<label>
  AND ($rel IS NULL OR r.rel = $rel)
RETURN count(*)
