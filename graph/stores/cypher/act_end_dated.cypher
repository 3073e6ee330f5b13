// purpose: dated relationships of rows become past ones; r: source, row, since, seconds, nanoseconds
UNWIND $rows AS r
WITH r, datetime({epochSeconds: r[3], nanosecond: r[4]}) AS at
MATCH (a)-[e:<type>]->(b)
USING INDEX e:<type>(source, at)
WHERE e.source = r[0] AND e.at = at AND e.row = r[1]
CREATE (a)-[:PAST {rel: coalesce(e.rel, type(e)), source: e.source, target: e.target, at: e.at, since: r[2], ended: $seq}]->(b)
DELETE e
