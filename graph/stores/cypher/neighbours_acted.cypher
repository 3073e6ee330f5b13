// purpose: interactions of a node whose relation is one that posts make: relation and how many
MATCH (<here>)
WHERE elementId(<here>) = $id
MATCH (source)-[r:ACTED]->(target)
RETURN r.rel, count(*)
