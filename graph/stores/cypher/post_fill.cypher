// purpose: posts whose node is there; r as in post_new
UNWIND $rows AS r
MATCH (p:Post {key: r[0]})
USING INDEX p:Post(key)
MATCH (a:Account {key: r[1]})
USING INDEX a:Account(key)
WITH r, a, p, datetime({epochSeconds: r[2], nanosecond: r[3]}) AS at
REMOVE p:Stub
SET p.account = coalesce(r[13].account, r[1]), p.created_at = at, p.kind = r[4], p.text = r[5], p.row = r[6],
    p.digest = r[7], p.tickers = r[8], p.links = r[9], p.hashtags = r[10], p.lang = r[11], p.parent = r[12], p.seq = $seq
CREATE (a)-[:POSTED {source: r[1], at: at}]->(p)
