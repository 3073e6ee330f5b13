// purpose: new posts; r: key, author, seconds, nanoseconds, kind, text, row, digest, tickers, links, hashtags, lang, parent, rarities
UNWIND $rows AS r
MATCH (a:Account {key: r[1]})
USING INDEX a:Account(key)
WITH r, a, datetime({epochSeconds: r[2], nanosecond: r[3]}) AS at
CREATE (a)-[:POSTED {source: r[1], at: at}]->(p:Post {
  key: r[0], account: coalesce(r[13].account, r[1]), created_at: at, kind: r[4], text: r[5], row: r[6], digest: r[7],
  tickers: r[8], links: r[9], hashtags: r[10], lang: r[11], parent: r[12], seq: $seq,
  full: r[13].full, folded: r[13].folded, folded_id: r[13].folded_id})
