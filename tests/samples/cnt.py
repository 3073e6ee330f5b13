from __future__ import annotations

from tests.samples import MARK, Sample

HEADER = "message_id,user_id,username,repost_id,reply_id,message,timestamp,urls\n"


def make(n: int) -> bytes:
    rows = [
        f"m{i},u{i},name{i},{'p1' if i % 3 == 1 else ''},{'p2' if i % 3 == 2 else ''},"
        f'"{MARK.decode()}, $BTC",{1_700_000_000 + i},https://a.example/{i} https://b.example/\n'
        for i in range(n)
    ]
    return (HEADER + "".join(rows)).encode()


SAMPLE = Sample("cnt", "network.csv", make, lambda n: {"posts": n, "accounts": n} if n else {})
