// purpose: relationships of one type from any of some nodes to any of them: source, relation, time in µs, target
UNWIND $ids AS id
MATCH (n)
WHERE elementId(n) = id
UNWIND $ids AS other
MATCH (o)
WHERE elementId(o) = other
MATCH (n)-[r:<type>]->(o)
WHERE CASE type(r)
    WHEN 'PAST' THEN r.since <= $seq AND r.ended > $seq
    WHEN 'POSTED' THEN coalesce(r.row, endNode(r).row) <= $pins.POSTED
    WHEN 'ON' THEN startNode(r).since <= $seq
    ELSE coalesce(r.row, startNode(r).row) <= $pins[type(r)]
  END
RETURN id, coalesce(r.rel, type(r)), r.at.epochSeconds * 1000000 + r.at.microsecond, other
