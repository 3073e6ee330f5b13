-- purpose: the newest observation of an account at a commit; undated ones count as oldest
SELECT * FROM (
SELECT account, observed_at, handle, created_at, verified, followers, lang, attributes
FROM accounts WHERE account = :account AND seq <= :pin
UNION ALL
SELECT account, observed_at, handle, created_at, verified, followers, lang, attributes
FROM accounts_past WHERE account = :account AND seq <= :pin AND ended > :pin
) ORDER BY observed_at DESC NULLS LAST LIMIT 1
