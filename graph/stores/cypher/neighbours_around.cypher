// purpose: all relationships of nodes that a view sees: node, whether it is the source, relation, time in µs, other end
UNWIND $ids AS id
MATCH (n)
WHERE elementId(n) = id
MATCH (n)-[r:POSTED|MENTIONS|TAGGED|LINKS_TO|ON|REPOSTS|QUOTES|REPLIES_TO|LIKES
       |FOLLOWS|VIEWS|SHARES|ACTED|USES|TRANSFERRED|PAST]-(o)
WHERE CASE type(r)
    WHEN 'PAST' THEN r.since <= $seq AND r.ended > $seq
    WHEN 'POSTED' THEN coalesce(r.row, endNode(r).row) <= $pins.POSTED
    WHEN 'ON' THEN startNode(r).since <= $seq
    ELSE coalesce(r.row, startNode(r).row) <= $pins[type(r)]
  END
RETURN id, startNode(r) = n, coalesce(r.rel, type(r)), r.at.epochSeconds * 1000000 + r.at.microsecond,
       labels(o), coalesce(o.full, o.key)
