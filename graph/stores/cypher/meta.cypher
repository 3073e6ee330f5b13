// purpose: what the graph says of itself
MATCH (m:Lockstep {name: 'graph'})
RETURN m.identity, m.schema, m.head, m.staging, m.epoch
