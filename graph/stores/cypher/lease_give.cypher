// purpose: let the next writer have its turn
MATCH (m:Lockstep {name: 'graph'})
WHERE m.writer = $token
REMOVE m.writer, m.until
