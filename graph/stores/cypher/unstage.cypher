// purpose: say that nothing is left beyond the newest commit (after lease_renew)
MATCH (m:Lockstep {name: 'graph'})
SET m.epoch = m.epoch + 1
REMOVE m.staging
