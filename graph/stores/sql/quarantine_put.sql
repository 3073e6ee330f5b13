-- purpose: keep a row that was refused, once
INSERT OR IGNORE INTO quarantine (source, line, type, field, reason, raw, options, digest)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
