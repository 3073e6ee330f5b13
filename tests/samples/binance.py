from __future__ import annotations

from tests.samples import MARK, Sample


def make(n: int) -> bytes:
    start = 1_735_689_600_000_000
    rows = [
        f"{start + 60_000_000 * i},93548.8,93690.1,93400.1,93656.2,27.0,{start + 60_000_000 * i + 59_999_999},"
        f"2540000.1,4047,20.1,19000.2,{MARK.decode()}\n"
        for i in range(n)
    ]
    return "".join(rows).encode()


SAMPLE = Sample("binance", "BTCUSDT-1m-2025-01.csv", make, lambda n: {"candles": n} if n else {})
