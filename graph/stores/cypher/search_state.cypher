// purpose: how far the full-text index has come, the platforms that keys begin with, and posts by day
MATCH (m:Lockstep {name: 'graph'})
RETURN m.indexed, m.platforms, coalesce(m.days, [])
