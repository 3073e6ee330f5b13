-- purpose: put a post's words into the text index
INSERT INTO post_words (rowid, words) VALUES (?, ?)
