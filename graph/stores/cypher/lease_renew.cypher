// purpose: stay the writer for a while longer
MATCH (m:Lockstep {name: 'graph'})
SET m.asked = $token
WITH m
WHERE m.writer = $token
SET m.until = timestamp() + $lasts
RETURN m.head
