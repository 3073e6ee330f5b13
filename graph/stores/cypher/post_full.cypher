// purpose: keys of posts in full
UNWIND $ids AS k
MATCH (p:Post {key: k})
RETURN k, coalesce(p.full, p.key)
