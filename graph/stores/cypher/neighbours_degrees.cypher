// purpose: how many relationships a node has, out and in, without walking them; types in lists.TYPES' order
MATCH (n)
WHERE elementId(n) = $id
RETURN [
  COUNT { (n)-[:POSTED]->() },
  COUNT { (n)-[:MENTIONS]->() },
  COUNT { (n)-[:TAGGED]->() },
  COUNT { (n)-[:LINKS_TO]->() },
  COUNT { (n)-[:ON]->() },
  COUNT { (n)-[:REPOSTS]->() },
  COUNT { (n)-[:QUOTES]->() },
  COUNT { (n)-[:REPLIES_TO]->() },
  COUNT { (n)-[:LIKES]->() },
  COUNT { (n)-[:FOLLOWS]->() },
  COUNT { (n)-[:VIEWS]->() },
  COUNT { (n)-[:SHARES]->() },
  COUNT { (n)-[:ACTED]->() },
  COUNT { (n)-[:USES]->() },
  COUNT { (n)-[:TRANSFERRED]->() },
  COUNT { (n)-[:PAST]->() }
], [
  COUNT { (n)<-[:POSTED]-() },
  COUNT { (n)<-[:MENTIONS]-() },
  COUNT { (n)<-[:TAGGED]-() },
  COUNT { (n)<-[:LINKS_TO]-() },
  COUNT { (n)<-[:ON]-() },
  COUNT { (n)<-[:REPOSTS]-() },
  COUNT { (n)<-[:QUOTES]-() },
  COUNT { (n)<-[:REPLIES_TO]-() },
  COUNT { (n)<-[:LIKES]-() },
  COUNT { (n)<-[:FOLLOWS]-() },
  COUNT { (n)<-[:VIEWS]-() },
  COUNT { (n)<-[:SHARES]-() },
  COUNT { (n)<-[:ACTED]-() },
  COUNT { (n)<-[:USES]-() },
  COUNT { (n)<-[:TRANSFERRED]-() },
  COUNT { (n)<-[:PAST]-() }
]
