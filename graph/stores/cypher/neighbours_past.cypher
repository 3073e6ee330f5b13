// purpose: ended relationships of a node that a view still sees, newest first: relation, time in µs, the other end
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
WITH r, <there> AS o
ORDER BY r.at IS NULL, r.at DESC, r.rel, coalesce(o.full, o.key),
         [i IN range(0, size($labels) - 1) WHERE $labels[i] IN labels(o)][0]
LIMIT $limit
RETURN r.rel, r.at.epochSeconds * 1000000 + r.at.microsecond, labels(o), coalesce(o.full, o.key)
