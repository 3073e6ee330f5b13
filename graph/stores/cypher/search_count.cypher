// purpose: number of hits in the full-text index, up to a limit
CALL db.index.fulltext.queryNodes('post_words', $query, {limit: $limit}) YIELD node
RETURN count(*)
