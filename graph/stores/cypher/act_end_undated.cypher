// purpose: undated relationships of rows become past ones; r: source, row, since
UNWIND $rows AS r
MATCH (a)-[e:<type>]->(b)
USING INDEX e:<type>(source, undated, target)
WHERE e.source = r[0] AND e.undated = true AND e.target IS NOT NULL AND e.row = r[1]
CREATE (a)-[:PAST {rel: coalesce(e.rel, type(e)), source: e.source, target: e.target, since: r[2], ended: $seq}]->(b)
DELETE e
