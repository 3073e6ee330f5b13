-- purpose: the newest commit
SELECT ifnull(max(seq), 0) FROM commits
