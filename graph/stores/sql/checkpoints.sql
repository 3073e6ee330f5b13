-- purpose: how far loads have come
SELECT name, state FROM checkpoints ORDER BY name
