// purpose: times of commits in µs
UNWIND $seqs AS s
MATCH (c:Commit {seq: s})
RETURN s, c.recorded_at.epochSeconds * 1000000 + c.recorded_at.microsecond
