-- purpose: append a finding unless the store has it
INSERT OR IGNORE INTO findings VALUES (?, ?, ?, ?, ?, ?, ?)
