-- purpose: id of a node by type, domain and key
SELECT key, id, seq FROM nodes WHERE type = :type AND domain = :domain AND key = :key
