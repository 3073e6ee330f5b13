-- purpose: put a folded name into the index
INSERT OR IGNORE INTO names VALUES (?, ?, ?)
