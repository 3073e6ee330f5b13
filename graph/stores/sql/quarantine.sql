-- purpose: rows that were refused
SELECT source, line, type, field, reason, raw, options, id FROM quarantine ORDER BY id
