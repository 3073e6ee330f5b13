// purpose: take rows out of the quarantine
UNWIND $ids AS i
MATCH (n:Rejected {id: i})
DELETE n
