from __future__ import annotations

from tests.samples import MARK, Sample


def make(n: int) -> bytes:
    rows = [f"{MARK.decode()}{i % 5},a{i % 7},c{i},{1_700_000_000 + i}\n" for i in range(n)]
    return ("object_id,account_id,content_id,timestamp_share\n" + "".join(rows)).encode()


SAMPLE = Sample("coortweet", "shares.csv", make, lambda n: {"interactions": n} if n else {})
