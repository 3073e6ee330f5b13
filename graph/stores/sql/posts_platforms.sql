-- purpose: platforms of posts, each found by a step over all keys of the one before (a semicolon sorts right after a colon)
WITH RECURSIVE found (platform) AS (
  SELECT substr(key, 1, instr(key || ':', ':') - 1) FROM (SELECT min(key) AS key FROM post_ids WHERE key > '') WHERE key IS NOT NULL
  UNION ALL
  SELECT (SELECT substr(key, 1, instr(key || ':', ':') - 1) FROM post_ids WHERE key > found.platform || ';' ORDER BY key LIMIT 1)
  FROM found WHERE platform IS NOT NULL
)
SELECT platform FROM found WHERE platform IS NOT NULL
