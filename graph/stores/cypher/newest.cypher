// purpose: the newest commits: the graph's number, then each's number, row numbers and counts by table, time in µs
MATCH (m:Lockstep {name: 'graph'})
OPTIONAL MATCH (c:Commit)
WHERE c.seq > m.head - $few AND c.seq <= m.head
WITH m.head AS head,
     collect([c.seq, c.rows, c.counts, c.recorded_at.epochSeconds * 1000000 + c.recorded_at.microsecond]) AS commits
RETURN [head, commits]
