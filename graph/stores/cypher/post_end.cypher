// purpose: current versions of posts become past ones, with their relationships
UNWIND $ids AS k
MATCH (p:Post {key: k})
CREATE (v:Past)
SET v = properties(p), v.table = 'posts', v.id = k, v.post = coalesce(p.full, k), v.ended = $seq
REMOVE v.full, v.folded, v.folded_id, v.since, v.words
WITH p, p.seq AS since
SET p.since = coalesce(p.since, since)
REMOVE p.words
WITH p, since
CALL (p, since) {
  MATCH (a)-[e:POSTED]->(p)
  CREATE (a)-[:PAST {rel: 'POSTED', source: e.source, at: e.at, since: since, ended: $seq}]->(p)
  DELETE e
}
CALL (p, since) {
  MATCH (p)-[e:MENTIONS|TAGGED|LINKS_TO|REPOSTS|QUOTES|REPLIES_TO]->(o)
  CREATE (p)-[:PAST {rel: type(e), target: e.target, at: e.at, since: since, ended: $seq}]->(o)
  DELETE e
}
