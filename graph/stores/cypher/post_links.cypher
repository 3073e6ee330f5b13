// purpose: the links of posts just written (goes on from post_new or post_fill)
WITH p, r, at
CALL (p, r, at) {
  UNWIND r[15] AS k
  MATCH (o:Link {key: k})
  USING INDEX o:Link(key)
  CREATE (p)-[:LINKS_TO {target: k, at: at}]->(o)
}
