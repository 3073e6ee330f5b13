// purpose: the newest commit: its number, row numbers and counts by table, time in µs
MATCH (m:Lockstep {name: 'graph'})
OPTIONAL MATCH (c:Commit {seq: m.head})
RETURN [m.head, c.rows, c.counts, c.recorded_at.epochSeconds * 1000000 + c.recorded_at.microsecond]
