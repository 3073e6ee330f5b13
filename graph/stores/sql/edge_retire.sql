-- purpose: keep a relationship that ends, unless this commit made it
INSERT INTO edges_past SELECT slot, at, other, ref, seq, :until FROM edges
WHERE slot = :slot AND at = :at AND other = :other AND ref = :ref AND seq < :until
