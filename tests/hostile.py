"""Streams of posts that nobody wishes for, for tests that hold two ways of reading or counting against each other."""

from __future__ import annotations

import random
from dataclasses import dataclass

TEXTS = (
    "gm $BTC", "GM  $btc", "buy $1000PEPE now @x", "see https://a.example/x?utm_source=q", "http://A.example/x",
    "＄ＢＴＣ to the moon", "@a @b", "@a", "", " ", "ok", "OK", "a\u00a0b", "a\u2003b", "a\x1cb", "@m\x1cx y",
    "@m\u2028x y",
    "@m\u00a0tail", "line\nbreak", "line\r\nbreak", "ünïcode ß", "ÜNÏCODE SS", "#tag #TAG", "it's 'quoted'", "don’t",
    "🚀🚀 $SOL",
    "1,000.50 $ETH!", "www.b.example/y", "a,b;c", 'say "hi"', "$A $B #c https://c.example/", "İstanbul", "@", "@@",
    "x @y", "x@y",
    "日本語のテキスト", "wWw.c.example", "same words here", "same words here!", "same WORDS here @you",
)  # fmt: skip
URLS = (
    "", "https://a.example/x", "https://a.example/x https://b.example/y", " ",
    "https://a.example/x  https://a.example/x",
    "HTTPS://A.example:443/x", "not-a-url", "https://a.example/x?utm_source=z", "https://b.example/y ", "t.co/1",
)  # fmt: skip


@dataclass(frozen=True)
class Post:
    """A message as coordination-network-toolkit's file has it."""

    message: str
    user: str
    repost: str
    reply: str
    text: str
    time: str
    urls: str


def stream(seed: int, size: int = 120, *, fractions: bool = True) -> list[Post]:
    """Posts of few accounts within few minutes: ties, ids that come again, reposts, replies, odd texts and URLs.

    Times are whole and half seconds; with ``fractions`` also tenths, which have no exact form.
    """
    rng = random.Random(seed)
    posts = []
    step = rng.choice([1, 5, 10])
    for i in range(size):
        time = 1_700_000_000 + step * rng.randrange(60)
        tail = rng.choice(["", "", ".0", ".5", *([".1", ".7"] if fractions else [])])
        repost = f"p{rng.randrange(3)}" if rng.random() < 0.25 else ""
        posts.append(
            Post(
                message=f"m{rng.randrange(size) if rng.random() < 0.1 else i}",
                user=rng.choice(["u", "U", "ü", "a b"]) + str(rng.randrange(4)),
                repost=repost,
                reply=f"p{rng.randrange(3)}" if rng.random() < 0.3 else "",
                text=rng.choice(TEXTS),
                time=f"{time}{tail}",
                urls=rng.choice(URLS),
            )
        )
    return posts
