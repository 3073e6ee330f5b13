-- purpose: number a commit; its time never runs backwards
INSERT INTO commits VALUES (?1, max(?2, (SELECT ifnull(max(recorded_at), 0) FROM commits)), ?3)
