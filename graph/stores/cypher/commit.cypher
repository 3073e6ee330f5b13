// purpose: one commit: row numbers and counts by table, time in µs
MATCH (c:Commit {seq: $seq})
RETURN [c.rows, c.counts, c.recorded_at.epochSeconds * 1000000 + c.recorded_at.microsecond]
