// purpose: links on a domain, read in the order of their index: no time, the link
MATCH (source)-[r:ON]->(target)
USING INDEX r:ON(target, source)
WHERE r.target = $key
  AND r.source IS NOT NULL
  AND source.since <= $pin
  AND NOT elementId(source) IN $barred
WITH r, source AS o
ORDER BY r.target, r.source
LIMIT $limit
RETURN NULL, labels(o), coalesce(o.full, o.key)
