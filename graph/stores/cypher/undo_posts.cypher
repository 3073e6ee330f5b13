// purpose: posts that a writer left behind unpublished go; those that were stubs are stubs again
MATCH (p:Post)
WHERE p.row > $last
WITH p
LIMIT $limit
OPTIONAL MATCH (p)-[e:MENTIONS|TAGGED|LINKS_TO|REPOSTS|QUOTES|REPLIES_TO]->()
DELETE e
WITH DISTINCT p
OPTIONAL MATCH (p)<-[e:POSTED]-()
DELETE e
WITH DISTINCT p
CALL (p) {
  WITH p
  WHERE p.since IS NULL
  DETACH DELETE p
}
CALL (p) {
  WITH p
  WHERE p.since IS NOT NULL
  SET p:Stub
  REMOVE p.account, p.created_at, p.kind, p.parent, p.text, p.lang, p.tickers, p.links, p.hashtags, p.row, p.seq, p.digest
}
RETURN count(*)
