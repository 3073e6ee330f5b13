-- purpose: remember how far a load has come
INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)
