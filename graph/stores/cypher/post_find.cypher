// purpose: what is known of posts: place in the list, digest and row (none for a stub)
UNWIND range(0, size($ids) - 1) AS i
MATCH (n:Post {key: $ids[i]})
USING INDEX n:Post(key)
RETURN collect(i), collect(coalesce(n.digest, 0)), collect(coalesce(n.row, 0))
