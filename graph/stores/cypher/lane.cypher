// purpose: write in a lane, if its writer still has its turn; holds the lane's node until the transaction ends
MATCH (l:Lockstep {name: $lane})
SET l.beat = l.beat + 1
WITH l
WHERE l.writer = $token
RETURN l.beat
