// purpose: the last row in the full-text index, and the last of the newest commit
MATCH (m:Lockstep {name: 'graph'})
OPTIONAL MATCH (c:Commit {seq: m.head})
RETURN m.indexed, coalesce(c.rows[$place], 0)
