// purpose: posts as a view sees them: key and columns; where a post is given twice, the first row counts
UNWIND $keys AS key
CALL (key) {
  MATCH (p:Post {key: key})
  WHERE p.row <= $pin
  RETURN p
  UNION ALL
  MATCH (p:Past)
  USING INDEX p:Past(table, id)
  WHERE p.table = 'posts' AND p.id = key AND p.row <= $pin AND p.ended > $seq
  RETURN p
}
RETURN key, p.account, p.created_at.epochSeconds * 1000000 + p.created_at.microsecond, p.kind, p.parent, p.text, p.lang,
       p.tickers, p.links, p.hashtags
