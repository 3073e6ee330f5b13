// purpose: number of nodes of a label, which the server keeps
MATCH (n:<label>)
RETURN count(n)
