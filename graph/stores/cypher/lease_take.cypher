// purpose: become the writer, unless another one is at work; the lanes' nodes are taken too, so that one that lost its turn ends first
MATCH (m:Lockstep {name: 'graph'})
SET m.asked = $token
WITH m
WHERE m.writer IS NULL OR m.until < timestamp()
SET m.writer = $token, m.until = timestamp() + $lasts
WITH m
MATCH (l:Lockstep)
WHERE l.name IN $lanes
SET l.writer = $token
WITH DISTINCT m
RETURN m.head, m.staging, m.rejected, m.platforms
