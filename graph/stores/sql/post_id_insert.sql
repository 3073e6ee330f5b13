-- purpose: give a post its id unless it has one
INSERT OR IGNORE INTO post_ids VALUES (?, ?, ?)
