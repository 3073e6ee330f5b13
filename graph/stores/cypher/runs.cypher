// purpose: runs between two commits, oldest first
MATCH (n:Run)
WHERE n.seq > $after AND n.seq <= $seq
RETURN n.body
ORDER BY n.seq, n.place
