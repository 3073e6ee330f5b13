from __future__ import annotations

import orjson

from tests.samples import MARK, Sample


def make(n: int) -> bytes:
    messages = [
        {
            "id": i,
            "type": "message",
            "date": "2024-01-01T00:00:00",
            "date_unixtime": str(1_704_067_200 + i),
            "from": f"name {i}",
            "from_id": f"user{i}",
            "text": ["buy ", {"type": "cashtag", "text": "$BTC"}, f" {MARK.decode()}"],
        }
        for i in range(n)
    ]
    chat = {"name": "a chat", "type": "public_supergroup", "id": 55, "messages": messages}
    return orjson.dumps(chat, option=orjson.OPT_INDENT_2)


SAMPLE = Sample("telegram", "result.json", make, lambda n: {"posts": n, "accounts": n} if n else {})
