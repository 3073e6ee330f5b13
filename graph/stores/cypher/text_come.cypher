// purpose: remember how far the full-text index has come
MATCH (m:Lockstep {name: 'graph'})
WHERE m.indexed < $row
SET m.indexed = $row
