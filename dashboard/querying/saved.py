"""Queries to begin from, and those that people keep: one file a person, in the store's data directory."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from dashboard.querying.sandbox import LONGEST
from lockstep import locks

MOST = 200
"""Queries that one person may keep."""
_NAME = re.compile(r"[^\W_][\w .,()-]{0,59}")

EXAMPLES: Mapping[str, str] = {
    "What was flagged, the most urgent first": """SELECT finding, kind, priority, score, members, tickers, summary
FROM findings
WHERE status = 'live'
ORDER BY CASE priority WHEN 'high' THEN 0 WHEN 'medium' THEN 1 WHEN 'low' THEN 2 ELSE 3 END, score DESC;""",
    "Accounts that are in several findings": """SELECT m.account, any_value(a.handle) AS handle,
       count(DISTINCT m.finding) AS findings, list(DISTINCT f.kind ORDER BY f.kind) AS kinds
FROM members m JOIN findings f USING (finding) LEFT JOIN accounts a USING (account)
WHERE m.role IN ('core', 'amplifier')
GROUP BY m.account HAVING count(DISTINCT m.finding) > 1
ORDER BY findings DESC, m.account;""",
    "Who names one ticker together, within a minute": """\
-- how often two accounts named the same ticker within 60 s, newest week
-- chance alone makes such pairs too: the findings say how many to expect
SELECT x.ticker, x.account AS one, y.account AS other, count(*) AS times
FROM mentions x JOIN mentions y
  ON x.ticker = y.ticker AND x.account < y.account
 AND y.happened_at BETWEEN x.happened_at - INTERVAL 60 SECOND AND x.happened_at + INTERVAL 60 SECOND
WHERE x.kind <> 'repost' AND y.kind <> 'repost'
  AND x.happened_at > (SELECT max(happened_at) FROM mentions) - INTERVAL 7 DAY
  AND y.happened_at > (SELECT max(happened_at) FROM mentions) - INTERVAL 7 DAY
  AND x.ticker NOT IN ('BTC', 'ETH', 'SOL')
GROUP BY ALL HAVING count(*) >= 5
ORDER BY times DESC, x.ticker LIMIT 200;""",
    "The same text from many accounts": """SELECT count(DISTINCT account) AS accounts, count(*) AS posts,
       min(created_at) AS first_at, max(created_at) AS last_at, any_value(text) AS example
FROM posts
WHERE kind <> 'repost' AND length(text) > 20
GROUP BY lower(regexp_replace(text, '(@|https?:)\\S+', '', 'g'))
HAVING count(DISTINCT account) >= 5
ORDER BY accounts DESC LIMIT 100;""",
    "Identifiers that few accounts share": """-- an office or a family shares one too: not a verdict
SELECT kind, value, count(DISTINCT account) AS accounts, list(DISTINCT account ORDER BY account) AS who
FROM identifiers
GROUP BY kind, value HAVING count(DISTINCT account) BETWEEN 2 AND 50
ORDER BY accounts DESC;""",
    "Links that few accounts spread much": """SELECT link, domain, posts, accounts,
       posts / accounts AS posts_each, first_at
FROM links WHERE posts >= 10
ORDER BY posts_each DESC LIMIT 100;""",
    "New accounts by day, and how many of them are flagged": """SELECT date_trunc('day', a.created_at) AS day,
       count(*) AS accounts,
       count(*) FILTER (a.account IN (SELECT account FROM members)) AS in_findings
FROM accounts a WHERE a.created_at IS NOT NULL
GROUP BY day ORDER BY day DESC;""",
    "What the price did where a ticker was flagged": """SELECT f.finding, c.base AS ticker, c.open_time,
       c.open, c.high, c.close, c.volume
FROM findings f JOIN candles c
  ON list_contains(f.tickers, c.base)
 AND c.open_time BETWEEN f.starts_at - INTERVAL 1 HOUR AND f.ends_at + INTERVAL 1 HOUR
WHERE f.kind = 'coordinated_pump'
ORDER BY f.finding, c.base, c.open_time LIMIT 2000;""",
    "Detectors: how long, how many, what failed": """SELECT detector, count(*) AS runs, max(started_at) AS newest,
       round(avg(seconds), 1) AS seconds, sum(findings) AS findings, count(error) AS failed
FROM runs GROUP BY detector ORDER BY detector;""",
}
"""Queries that come with it, each the answer to a question."""


def valid(name: str) -> bool:
    """Whether a query may be called that: a letter or digit first, then also space and ``_.,()-``; 60 at most."""
    return bool(_NAME.fullmatch(name)) and name not in EXAMPLES


def kept(data_dir: Path, person: str) -> dict[str, str]:
    """The person's own queries by name; a file that cannot be read counts as none."""
    try:
        found = json.loads(_file(data_dir, person).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {n: q for n, q in sorted(found.items()) if isinstance(q, str) and len(q) <= LONGEST and valid(n)}


def keep(data_dir: Path, person: str, name: str, query: str | None) -> None:
    """Keep a query under a name, in place of an earlier one; None removes it.

    Raises
    ------
    ValueError
        The name is not one, the query is too long, or there are too many.
    """
    if not valid(name):
        raise ValueError("A name begins with a letter or digit, has at most 60 characters, and is not an example's.")
    if query is not None and not 0 < len(query) <= LONGEST:
        raise ValueError(f"A query has at least one character, and {LONGEST:,} at most.")
    file = _file(data_dir, person)
    with locks.hold(file.with_suffix(".lock")):
        found = kept(data_dir, person)
        found.pop(name, None)
        if query is not None:
            found[name] = query
        if len(found) > MOST:
            raise ValueError(f"{MOST} queries are kept already: remove one first.")
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
        draft.replace(file)


def _file(data_dir: Path, person: str) -> Path:
    return data_dir / "queries" / f"{hashlib.sha256(person.encode()).hexdigest()[:32]}.json"
