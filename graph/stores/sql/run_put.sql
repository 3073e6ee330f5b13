-- purpose: append a run
INSERT INTO runs (seq, run) VALUES (?, ?)
