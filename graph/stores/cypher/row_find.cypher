// purpose: what is known of rows of one table: place in the list, digest and row
UNWIND range(0, size($ids) - 1) AS i
MATCH (n:<label> {id: $ids[i]})
USING INDEX n:<label>(id)
RETURN collect(i), collect(n.digest), collect(n.row)
