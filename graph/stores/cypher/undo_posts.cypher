// purpose: posts that a writer left behind unpublished, and that nobody knew before
MATCH (p:Post)
WHERE p.row > $last AND p.since IS NULL
WITH p
LIMIT $limit
DETACH DELETE p
RETURN count(*)
