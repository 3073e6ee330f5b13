// purpose: make a commit the newest
MATCH (m:Lockstep {name: 'graph'})
SET m.head = $seq, m.epoch = m.epoch + 1, m.platforms = $platforms
REMOVE m.staging
CREATE (c:Commit {seq: $seq, rows: $rows, counts: $counts, writer: $token,
                  recorded_at: datetime({epochSeconds: $at[0], nanosecond: $at[1]})})
