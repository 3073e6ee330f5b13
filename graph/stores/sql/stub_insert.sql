-- purpose: name a post that is no row of posts
INSERT OR IGNORE INTO stubs VALUES (?, ?)
