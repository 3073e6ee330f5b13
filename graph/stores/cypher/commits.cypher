// purpose: commits after one, oldest first, with their times in µs
MATCH (c:Commit)
WHERE c.seq > $after AND c.seq <= $until
RETURN c.seq, c.recorded_at.epochSeconds * 1000000 + c.recorded_at.microsecond
ORDER BY c.seq
