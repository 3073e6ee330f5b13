from __future__ import annotations

import orjson

from tests.samples import MARK, Sample


def make(n: int) -> bytes:
    rows = [
        {
            "post_id": str(i),
            "account_id": f"a{i % 7}",
            "created_at": 1_700_000_000 + i,
            "text": f"{MARK.decode()} $BTC {i}",
        }
        for i in range(n)
    ]
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


SAMPLE = Sample("jsonl", "posts.jsonl", make, lambda n: {"posts": n})
