// purpose: the quarantine, in the order it was filled
MATCH (n:Rejected)
WHERE n.id > 0
RETURN n.source, n.line, n.type, n.field, n.reason, n.raw, n.options, n.id
ORDER BY n.id
