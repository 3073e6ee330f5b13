-- purpose: the slots in which a node has relationships, now or in the past
WITH RECURSIVE
now (slot) AS (
  SELECT min(slot) FROM edges WHERE slot BETWEEN :low AND :high
  UNION ALL SELECT (SELECT min(slot) FROM edges WHERE slot > now.slot AND slot <= :high) FROM now WHERE slot IS NOT NULL
),
past (slot) AS (
  SELECT min(slot) FROM edges_past WHERE slot BETWEEN :low AND :high
  UNION ALL SELECT (SELECT min(slot) FROM edges_past WHERE slot > past.slot AND slot <= :high) FROM past WHERE slot IS NOT NULL
)
SELECT slot FROM now WHERE slot IS NOT NULL UNION SELECT slot FROM past WHERE slot IS NOT NULL ORDER BY slot
