// purpose: accounts show their newest observation: for readers of the database, no part of the record
UNWIND $ids AS k
MATCH (a:Account {key: k[0]})
OPTIONAL MATCH (o:Observation {account: k[1]})
WITH a, o
ORDER BY o.observed_at IS NULL, o.observed_at DESC
WITH a, head(collect(o)) AS o
SET a.handle = o.handle, a.created_at = o.created_at, a.verified = o.verified, a.followers = o.followers, a.lang = o.lang
