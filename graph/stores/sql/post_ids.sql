-- purpose: ids of posts by key
SELECT key, id FROM post_ids WHERE key IN (SELECT value FROM json_each(:keys))
