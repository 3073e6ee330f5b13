// purpose: say that rows beyond the newest commit are being written (after lease_renew)
MATCH (m:Lockstep {name: 'graph'})
SET m.staging = $seq, m.epoch = m.epoch + 1
