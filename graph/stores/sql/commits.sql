-- purpose: commits after one, and when they were made
SELECT seq, recorded_at FROM commits WHERE seq > :after ORDER BY seq
