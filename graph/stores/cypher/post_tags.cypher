// purpose: the hashtags of posts just written (goes on from post_new or post_fill)
WITH p, r, at
CALL (p, r, at) {
  UNWIND r[16] AS k
  MATCH (o:Hashtag {key: k})
  USING INDEX o:Hashtag(key)
  CREATE (p)-[:TAGGED {target: k, at: at}]->(o)
}
