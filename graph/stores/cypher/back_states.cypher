// purpose: every finding that was written back: what it was made from, and how many relationships it has
MATCH (f:Finding)
RETURN f.key, f.digest, COUNT { (f)-[:INVOLVES]->() }, COUNT { (f)-[:RESTS_ON]->() }
