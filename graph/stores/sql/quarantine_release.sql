-- purpose: take a row out of the quarantine
DELETE FROM quarantine WHERE id = ?
