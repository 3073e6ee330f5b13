// purpose: make the nodes by which a database is a Lockstep graph: the graph's own, and one a writing lane
MERGE (m:Lockstep {name: 'graph'})
ON CREATE SET m.identity = $identity, m.head = 0, m.epoch = 0, m.indexed = 0, m.rejected = 0, m.platforms = []
SET m.schema = $schema
WITH m
UNWIND $lanes AS name
MERGE (l:Lockstep {name: name})
ON CREATE SET l.beat = 0
