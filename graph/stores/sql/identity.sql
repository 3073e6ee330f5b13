-- purpose: the store's own name, the same as long as it exists
SELECT value FROM meta WHERE name = 'identity'
