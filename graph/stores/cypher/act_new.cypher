// purpose: relationships that rows make; r: source, target, row, seconds (none: undated), nanoseconds, further properties
UNWIND $rows AS r
MATCH (a:<source> {key: r[0]})
USING INDEX a:<source>(key)
MATCH (b:<target> {key: r[1]})
USING INDEX b:<target>(key)
CREATE (a)-[e:<type>]->(b)
SET e = r[5], e.source = r[0], e.target = r[1], e.row = r[2],
    e.at = CASE WHEN r[3] IS NULL THEN NULL ELSE datetime({epochSeconds: r[3], nanosecond: r[4]}) END,
    e.undated = CASE WHEN r[3] IS NULL THEN true ELSE NULL END
