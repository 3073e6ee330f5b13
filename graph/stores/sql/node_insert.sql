-- purpose: make a node unless it is there
INSERT OR IGNORE INTO nodes VALUES (?, ?, ?, ?, ?)
