// purpose: which writer made a commit
MATCH (c:Commit {seq: $seq})
RETURN c.writer
