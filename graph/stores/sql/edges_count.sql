-- purpose: number of a node's relationships of one slot
SELECT
(SELECT count(*) FROM edges WHERE slot = :slot AND at >= :start AND at < :end AND seq <= :pin AND other NOT IN (SELECT value FROM json_each(:exclude))) +
(SELECT count(*) FROM edges_past WHERE slot = :slot AND at >= :start AND at < :end AND seq <= :pin AND other NOT IN (SELECT value FROM json_each(:exclude)) AND ended > :pin)
