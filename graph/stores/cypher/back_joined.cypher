// purpose: say on each finding how many of its members are absent; and how much it was joined to
UNWIND $keys AS key
MATCH (f:Finding {key: key})
WITH f, COUNT { (f)-[:INVOLVES]->() } AS involves, COUNT { (f)-[:RESTS_ON]->() } AS rests_on
SET f.absent = f.members - involves
RETURN count(*), sum(involves), sum(rests_on)
