// purpose: give posts their words, unless the row has just been replaced (known once the post is locked); r: row, key, words
UNWIND $rows AS r
MATCH (p:Post {key: r[1]})
SET p.words = r[2]
WITH p, r
WHERE p.row IS NULL OR p.row <> r[0]
REMOVE p.words
