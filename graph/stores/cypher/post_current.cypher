// purpose: the current version of a post up to a commit
MATCH (n:Post {key: $id})
WHERE n.seq <= $seq
RETURN n.row, n.seq, null,
       [c IN $columns | CASE WHEN c = 'post' THEN coalesce(n.full, n.key)
                             WHEN c IN $times THEN n[c].epochSeconds * 1000000 + n[c].microsecond ELSE n[c] END]
