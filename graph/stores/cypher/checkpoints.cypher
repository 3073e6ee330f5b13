// purpose: how far loads have come
MATCH (c:Checkpoint)
WHERE c.name >= ''
RETURN c.name, c.state
ORDER BY c.name
