// purpose: relationships from posts that are there to what they name; r: post, object
UNWIND $rows AS r
MATCH (p:Post {key: r[0]})
USING INDEX p:Post(key)
MATCH (o:<label> {key: r[1]})
USING INDEX o:<label>(key)
CREATE (p)-[:<type> {target: r[1], at: p.created_at}]->(o)
