from __future__ import annotations

from tests.samples import MARK, Sample


def make(n: int) -> bytes:
    rows = [f'{i},a{i % 7},{1_700_000_000 + i},"{MARK.decode()}, {i}",BTC eth,,{i}\n' for i in range(n)]
    header = "post_id,account_id,created_at,text,tickers,links,likes\n"
    return (header + "".join(rows)).encode()


SAMPLE = Sample("csv", "posts-2024.csv", make, lambda n: {"posts": n, "engagements": n})
