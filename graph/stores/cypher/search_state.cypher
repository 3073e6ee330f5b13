// purpose: how far the full-text index has come, and the platforms that keys begin with
MATCH (m:Lockstep {name: 'graph'})
RETURN m.indexed, m.platforms
