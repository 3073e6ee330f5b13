// purpose: relationships from some nodes to given ones, each once: node, whether it is the source, relation, µs, other
UNWIND $ids AS id
MATCH (n)
WHERE elementId(n) = id
MATCH (n)-[r:POSTED|MENTIONS|TAGGED|LINKS_TO|ON|REPOSTS|QUOTES|REPLIES_TO|LIKES|FOLLOWS|VIEWS|SHARES|ACTED|USES
       |TRANSFERRED|PAST]-(o)
WHERE elementId(o) IN $all
  AND (startNode(r) = n OR NOT elementId(o) IN $ids)
  AND CASE type(r)
    WHEN 'PAST' THEN r.since <= $seq AND r.ended > $seq
    WHEN 'POSTED' THEN coalesce(r.row, endNode(r).row) <= $pins.POSTED
    WHEN 'ON' THEN startNode(r).since <= $seq
    ELSE coalesce(r.row, startNode(r).row) <= $pins[type(r)]
  END
RETURN id, startNode(r) = n, coalesce(r.rel, type(r)), r.at.epochSeconds * 1000000 + r.at.microsecond, elementId(o)
