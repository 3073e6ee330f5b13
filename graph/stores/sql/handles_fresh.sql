-- purpose: handles that the index lacks
SELECT account, handle FROM accounts WHERE id >= (SELECT ifnull(min(first_id), 1 << 62) FROM commits WHERE seq > :after) AND handle IS NOT NULL
