// purpose: the newest commit and the highest row number of each table in it
MATCH (g:Lockstep {name: 'graph'})
OPTIONAL MATCH (c:Commit {seq: g.head})
RETURN g.head, c.rows
