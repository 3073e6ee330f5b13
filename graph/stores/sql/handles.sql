-- purpose: handles that may begin with the text: indexed, newer than the index, or replaced since the view's commit
SELECT account, handle, id FROM accounts
WHERE account IN (SELECT account FROM handles WHERE folded >= :wanted AND folded < :beyond) AND seq <= min(:pin, :indexed) AND handle IS NOT NULL
UNION ALL SELECT account, handle, id FROM accounts WHERE id >= (SELECT ifnull(min(first_id), 1 << 62) FROM commits WHERE seq > :indexed) AND seq <= :pin AND handle IS NOT NULL
UNION ALL SELECT account, handle, id FROM accounts_past WHERE ended > :pin AND seq <= :pin AND handle IS NOT NULL
