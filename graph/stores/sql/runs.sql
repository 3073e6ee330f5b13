-- purpose: runs recorded between two commits
SELECT run FROM runs WHERE seq > :after AND seq <= :pin ORDER BY id
