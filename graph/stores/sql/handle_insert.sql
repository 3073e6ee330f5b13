-- purpose: put a folded handle into the index
INSERT OR IGNORE INTO handles VALUES (?, ?)
