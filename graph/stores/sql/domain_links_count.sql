-- purpose: number of links of a domain
SELECT count(*) FROM nodes WHERE type = 3 AND domain = :domain AND seq <= :pin AND :start = -9223372036854775808 AND id NOT IN (SELECT value FROM json_each(:exclude)) AND :end > :start
