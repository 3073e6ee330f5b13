-- purpose: ids of nodes of one type (and domain) by key
SELECT key, id FROM nodes
WHERE type = :type AND domain = :domain AND key IN (SELECT value FROM json_each(:keys))
