"""Invented names: handles, tickers, hosts and addresses that cannot be mistaken for anybody's.

Hosts lie under ``.example`` and IP addresses in ranges that are never routed. The best-known coins keep their symbols,
since a network without $BTC would be no likeness; every other symbol is put together from syllables.
"""

from __future__ import annotations

from itertools import product

from lockstep.demo.draw import Draw, Ints
from lockstep.demo.phrases import words

MAJORS = words("BTC ETH SOL XRP BNB DOGE ADA AVAX LINK DOT LTC TRX UNI ATOM NEAR XLM BCH ETC FIL APT")

_FIRST = words("ZOR QUI GRU VEX PLI MEL NOR HUS KIR MOV TAV BRI SNO FLO DRI WUM YAB JEX POQ LUZ CRO FEN GID HOV KAZ")
_SECOND = words("BA KO LU NIX TEX ZA VO RIX DEL MU PO GA SEN TRO FY LAX WIN BO KE ZU RAM DOT MIZ QU YO FAL HEX JIN")

ADJECTIVES = words(
    "amber brisk copper dusty early fuzzy gentle hollow ivory jolly keen lunar mellow nimble ochre plucky quiet "
    "rusty salty tidy umber velvet windy young zesty bold calm dizzy eager frosty grand humble icy"
)
NOUNS = words(
    "anvil badger candle dune ember ferry gull harbor inkwell jigsaw kettle lantern marble newt otter pebble quill "
    "raven saddle teapot urchin vole walnut yak zephyr acorn barrel comet drum engine fiddle goose hammer"
)

NEWS_HOSTS = tuple(
    f"{n}.example"
    for n in words("coinpost blockdaily tokenherald chainreview ledgernotes nodetimes hashweekly mintjournal")
)
BLOG_HOSTS = tuple(f"{n}.example" for n in words("notes pics longreads clips charts forum shop photos"))

VENUE = "fairex"  # the invented exchange

_ODD = 2_654_435_761  # odd, so that multiplying by it modulo 2**32 is one to one


def opaque(number: int, salt: int) -> str:
    """An id that shows nothing of the order in which things were made; different numbers give different ids."""
    return f"{(number * _ODD + salt) & 0xFFFFFFFF:010d}"


def tickers() -> list[str]:
    """All symbols, the most popular first; the same in every network."""
    made = [a + b for a, b in product(_FIRST, _SECOND)]
    spread = [made[(i * 389) % len(made)] for i in range(len(made))]  # 389 shares no factor with 25 * 28
    return MAJORS + spread


def handles(draw: Draw, count: int) -> list[str]:
    """Different handles of several makes."""
    used: set[str] = set()
    made = []
    for a, b, c, number in draw.grid(count, 4):
        adjective, noun = ADJECTIVES[int(a * len(ADJECTIVES))], NOUNS[int(b * len(NOUNS))]
        make = int(c * 6)
        name = (
            f"{adjective}{noun}{int(number * 90)}",
            f"{adjective}_{noun}",
            f"the{noun}{int(number * 1990)}",
            f"{noun}.{adjective}",
            f"{noun}{adjective[:2]}{int(number * 100)}",
            f"{adjective.title()}{noun.title()}",
        )[make]
        while name in used:
            name += str(int(number * 10)) if len(name) < 24 else f"_{len(used)}"
        used.add(name)
        made.append(name)
    return made


def home_ip(draw: Draw) -> str:
    """A household's address (198.18.0.0/15 is reserved for benchmarks)."""
    return f"198.{18 + draw.integer(0, 2)}.{draw.integer(0, 256)}.{draw.integer(1, 255)}"


def carrier_ips(draw: Draw, count: int) -> list[str]:
    """Addresses that mobile carriers put many customers behind (100.64.0.0/10)."""
    parts: Ints = draw.below(3 * count, 256)
    return [f"100.{64 + a % 64}.{b}.{c % 254 + 1}" for a, b, c in parts.reshape(count, 3).tolist()]


def device(draw: Draw) -> str:
    """A device's fingerprint."""
    return f"dev-{draw.hex(16)}"


def wallet(draw: Draw) -> str:
    """A wallet's address; the prefix says that it is no chain's."""
    return f"demo1{draw.hex(24)}"
