// purpose: the highest number given in the quarantine
MATCH (m:Lockstep {name: 'graph'})
SET m.rejected = $last
