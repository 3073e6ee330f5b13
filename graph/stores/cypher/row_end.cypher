// purpose: current rows of one table become past ones
UNWIND $ids AS k
MATCH (n:<label> {id: k})
REMOVE n:<label>
SET n:Past, n.table = $table, n.ended = $seq
