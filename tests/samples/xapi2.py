from __future__ import annotations

import orjson

from tests.samples import MARK, Sample


def make(n: int) -> bytes:
    rows = [
        {
            "id": str(i),
            "author_id": f"9{i}",
            "created_at": "2024-01-01T00:00:00.000Z",
            "text": f"{MARK.decode()} $BTC",
            "public_metrics": {"like_count": i, "impression_count": i, "retweet_count": 0},
        }
        for i in range(n)
    ]
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


SAMPLE = Sample("xapi2", "collected.jsonl", make, lambda n: {"posts": n, "engagements": n} if n else {})
