// purpose: how many ended relationships of a node a view still sees, by relation
MATCH (source)-[r:PAST]->(target)
USING INDEX r:PAST(<here>, ended)
WHERE r.<here> = $key
  AND r.ended > $seq
  AND r.since <= $seq
  AND <here>:<label>
  AND r.rel IN $rels
  AND NOT elementId(<there>) IN $barred
  AND (NOT $bounded
    OR (r.at >= datetime({epochSeconds: $low[0], nanosecond: $low[1]})
        AND r.at <= datetime({epochSeconds: $high[0], nanosecond: $high[1]})))
RETURN r.rel, count(*)
