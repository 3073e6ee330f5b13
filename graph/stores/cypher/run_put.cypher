// purpose: append a run
CREATE (n:Run {id: $id, seq: $seq, place: $place, body: $body})
