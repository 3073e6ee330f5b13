// purpose: posts that a writer left behind unpublished, and that were stubs before: they are stubs again
MATCH (p:Post)
WHERE p.row > $last
WITH p
LIMIT $limit
CALL (p) {
  MATCH (p)-[e:MENTIONS|TAGGED|LINKS_TO|REPOSTS|QUOTES|REPLIES_TO]->()
  DELETE e
}
CALL (p) {
  MATCH (p)<-[e:POSTED]-()
  DELETE e
}
SET p:Stub
REMOVE p.account, p.created_at, p.kind, p.parent, p.text, p.lang, p.tickers, p.links, p.hashtags, p.row, p.seq, p.digest
RETURN count(*)
