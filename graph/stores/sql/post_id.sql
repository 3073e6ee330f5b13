-- purpose: id of a post by key
SELECT key, id, seq FROM post_ids WHERE key = :key
