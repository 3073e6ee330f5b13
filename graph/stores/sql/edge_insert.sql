-- purpose: a relationship as seen from one node
INSERT INTO edges VALUES (?, ?, ?, ?, ?)
