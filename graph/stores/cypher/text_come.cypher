// purpose: remember how far the full-text index has come, and how many posts of each day are in it
MATCH (m:Lockstep {name: 'graph'})
WHERE m.indexed < $row
SET m.indexed = $row, m.days = $days
