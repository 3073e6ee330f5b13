// purpose: links on a domain between two keys, in order: no time, the link
MATCH (source)-[r:ON]->(target)
USING INDEX r:ON(target, source)
WHERE r.target = $key
  AND r.source >= $first
  AND r.source <= $last
  AND source.since <= $pin
  AND NOT elementId(source) IN $barred
WITH source AS o
ORDER BY coalesce(o.full, o.key)
LIMIT $limit
RETURN NULL, labels(o), coalesce(o.full, o.key)
