// purpose: nodes that a view sees: key, the database's id, how many relationships, and how many that have ended
UNWIND $keys AS key
MATCH (n:<label> {key: key})
WHERE coalesce(n.since <= $seq, n.row <= $pin, false)
RETURN key, elementId(n),
       COUNT { (n)-[:POSTED|MENTIONS|TAGGED|LINKS_TO|ON|REPOSTS|QUOTES|REPLIES_TO|LIKES
       |FOLLOWS|VIEWS|SHARES|ACTED|USES|TRANSFERRED]-() },
       COUNT { (n)-[:PAST]-() }
