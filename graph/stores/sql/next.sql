-- purpose: number of the commit to come, and the first id that is free
SELECT (SELECT ifnull(max(seq), 0) + 1 FROM commits), value FROM meta WHERE name = 'next_id'
