from __future__ import annotations

import orjson

from tests.samples import MARK, Sample


def make(n: int) -> bytes:
    rows = [
        {
            "did": f"did:plc:a{i}",
            "time_us": 1_725_911_162_000_000 + i,
            "kind": "commit",
            "commit": {
                "operation": "create",
                "collection": "app.bsky.feed.post",
                "rkey": f"k{i}",
                "record": {"text": f"{MARK.decode()} $BTC"},
            },
        }
        for i in range(n)
    ]
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


SAMPLE = Sample("jetstream", "events.jsonl", make, lambda n: {"posts": n} if n else {})
