-- purpose: runs recorded up to a commit
SELECT run FROM runs WHERE seq <= :pin ORDER BY id
