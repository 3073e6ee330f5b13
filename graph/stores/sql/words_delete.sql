-- purpose: take a post's words out of the text index
INSERT INTO post_words (post_words, rowid, words) VALUES ('delete', ?, ?)
