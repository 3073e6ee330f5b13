// purpose: say that rows beyond the newest commit are being written
MATCH (m:Lockstep {name: 'graph'})
SET m.asked = $token
WITH m
WHERE m.writer = $token
SET m.staging = $seq, m.epoch = m.epoch + 1, m.until = timestamp() + $lasts
RETURN m.head
