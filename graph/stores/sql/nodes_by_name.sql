-- purpose: nodes of a type with a folded name that begins with the text
SELECT DISTINCT nodes.key FROM names JOIN nodes ON nodes.id = names.id
WHERE names.type = :type AND folded >= :wanted AND folded < :beyond AND nodes.seq <= :pin ORDER BY nodes.key LIMIT :limit
