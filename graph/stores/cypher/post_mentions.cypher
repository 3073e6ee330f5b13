// purpose: the tickers of posts just written (goes on from post_new or post_fill)
WITH p, r, at
CALL (p, r, at) {
  UNWIND r[14] AS k
  MATCH (o:Ticker {key: k})
  USING INDEX o:Ticker(key)
  CREATE (p)-[:MENTIONS {target: k, at: at}]->(o)
}
