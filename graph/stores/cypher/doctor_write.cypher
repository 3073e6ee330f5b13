// purpose: try to write, in a transaction that is taken back
MATCH (m:Lockstep {name: 'graph'})
SET m.name = m.name
