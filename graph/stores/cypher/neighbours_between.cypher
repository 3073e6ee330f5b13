// purpose: how many relationships join a node and others: type, relation, whether the node is the source, number
MATCH (n)
WHERE elementId(n) = $id
UNWIND $barred AS other
MATCH (o)
WHERE elementId(o) = other
MATCH (n)-[r:POSTED|MENTIONS|TAGGED|LINKS_TO|ON|REPOSTS|QUOTES|REPLIES_TO|LIKES
       |FOLLOWS|VIEWS|SHARES|ACTED|USES|TRANSFERRED]-(o)
WHERE NOT $bounded
   OR (r.at >= datetime({epochSeconds: $low[0], nanosecond: $low[1]})
       AND r.at <= datetime({epochSeconds: $high[0], nanosecond: $high[1]}))
RETURN type(r), r.rel, startNode(r) = n, count(*)
