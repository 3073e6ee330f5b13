"""Coordinated pumps and a short-and-distort attack: what is posted, and the market move that goes with it."""

from __future__ import annotations

from collections.abc import Sequence

from lockstep.demo import acts, names, texts
from lockstep.demo.draw import Draw
from lockstep.demo.phrases import options
from lockstep.demo.shilling import micro_caps
from lockstep.demo.texts import index_of
from lockstep.demo.world import DAY, HOUR, MINUTE, SECOND, Move, Row, World, stamp

_COUNTDOWN = options("24 hours left | 1 hour left | 10 minutes left, be online | next message is the coin")
_CALL = options("{t} {t} {t} | the coin is {t} | {t} GO | {t} buy and hold | it is {t}, spread the word")
_HYPE = options(
    "{t} flying | {t} not stopping here | who is still in {t}? | hold {t}, second wave comes | {t} to the top"
)
_ASK = options(
    "what is happening with {t}? | {t} why | ok who pumped {t} | missed {t} again | {t} looks wild right now"
)
_RUMOURS = (
    options("hearing that | a source says | screenshots show | people close to it say | not confirmed but"),
    options(
        "the {t} bridge was drained | {t} withdrawals are stuck | the {t} treasury is empty"
        " | {t} keys have leaked | an exchange drops {t} tomorrow | the {t} founders sold everything"
    ),
    options("get out while you can | do not be the last one | this will hit zero | protect yourselves | stay away"),
)

_CAREFUL = (
    options("{t} moving | look at {t} | {t} breaking out | something is up with {t} | {t} just left its range"),
    options("volume is real | bids everywhere | no resistance until far above | shorts will have to cover"),
    options("I am in | small position taken | watching closely | letting it run"),
)
_DOUBT = options("something is off with {t} | would not hold {t} overnight | {t} team went silent | {t} audit? where?")


def plant(world: World, number: int) -> None:
    """Plant a loud pump ring, a careful one, and a short-and-distort attack."""
    coins = micro_caps(world, number)[8:]
    _loud(world, number, coins[:3])
    _careful(world, number, coins[3:5])
    _distort(world, number, coins[5])


def _say(options: Sequence[str], ticker: str) -> acts.Say:
    return lambda d: texts.retouch(d, d.pick(options).replace("{t}", f"${ticker}"))


def _praise(ticker: str) -> acts.Say:
    return lambda d: texts.about(d, _CAREFUL, ticker)


def _onlookers(world: World, draw: Draw, ticker: str, at: int, count: int) -> None:
    """People who only see it on the chart post about it afterwards."""
    for who in world.crowd(draw, count):
        world.post(who, at + MINUTE + draw.delay(14 * MINUTE, 5 * HOUR), _say(_ASK, ticker)(draw))


def _loud(world: World, number: int, coins: Sequence[str]) -> None:
    draw = Draw(world.seed, "loud pump", number)
    members = world.recruit(8, rate=0.7, language=index_of("en"), followers=260)
    posts: list[Row] = []
    for k, ticker in enumerate(coins):
        at = world.day(0.25 + 0.25 * k) + draw.integer(14, 20) * HOUR
        for before, words in zip((DAY, HOUR, 10 * MINUTE, 2 * MINUTE), _COUNTDOWN, strict=True):
            posts += acts.follow_call(
                world,
                draw,
                members,
                at - before,
                _say((f"pump event: {words}",), ""),
                part=0.6,
                half=20 * SECOND,
                most=4 * MINUTE,
            )
        named = acts.follow_call(
            world, draw, members, at, _say(_CALL, ticker), part=0.95, half=5 * SECOND, most=40 * SECOND
        )
        for offset in (90 * SECOND, 6 * MINUTE, 15 * MINUTE):
            posts += acts.follow_call(
                world, draw, members, at + offset, _say(_HYPE, ticker), part=0.5, half=40 * SECOND, most=5 * MINUTE
            )
        posts += named
        world.files.write(
            "post_events",
            [("plaza", p.post, "deleted", stamp(at + 5 * HOUR + p.at % HOUR), None) for p in named if draw.chance(0.6)],
        )
        world.moves.append(Move(ticker, at, "pump", draw.between(0.3, 0.8)))
        _onlookers(world, draw, ticker, at, 22)
        if draw.chance(0.7):
            world.event(ticker, at + 3 * MINUTE, "pump", "pump-watch.example")
    _cash_out(world, draw, members, world.day(0.25))
    world.plant(
        f"pump-loud-{number}",
        "coordinated_pump",
        members,
        posts,
        "count down in public, name the coin together within seconds, praise it while the price jumps; bought before",
        tickers=tuple(sorted(coins)),
    )


def _cash_out(world: World, draw: Draw, members: list[int], first: int) -> None:
    """Each member's wallet sends coins to the exchange before the first pump and gets money back after it."""
    exchange = names.wallet(draw)
    for member in members:
        address = names.wallet(draw)
        world.identifier(member, "wallet", f"demochain:{address}", first - 5 * DAY, world.end)
        world.transfer(address, exchange, first - int(draw.between(DAY, 3 * DAY)), f"{draw.between(200, 900):.2f}")
        world.transfer(exchange, address, first + DAY + int(draw.between(0, DAY)), f"{draw.between(300, 1600):.2f}")
    acts.own_kit(world, draw, members, first - 5 * DAY)


def _careful(world: World, number: int, coins: Sequence[str]) -> None:
    draw = Draw(world.seed, "careful pump", number)
    members = world.recruit(5, rate=2.2)
    posts: list[Row] = []
    for k, ticker in enumerate(coins):
        at = world.day(0.35 + 0.3 * k) + draw.integer(8, 22) * HOUR + 17 * MINUTE
        for offset, part in ((-35 * MINUTE, 0.5), (0, 0.9), (4 * MINUTE, 0.6), (13 * MINUTE, 0.4)):
            posts += acts.follow_call(
                world,
                draw,
                members,
                at + offset,
                _praise(ticker),
                part=part,
                half=35 * SECOND,
                most=3 * MINUTE,
            )
        world.moves.append(Move(ticker, at, "pump", draw.between(0.12, 0.2)))
        _onlookers(world, draw, ticker, at, 10)
    world.plant(
        f"pump-careful-{number}",
        "coordinated_pump",
        members,
        posts,
        "agree elsewhere, so no countdown: start to praise a coin together as it rises by 12 to 20 per cent, twice",
        tickers=tuple(sorted(coins)),
    )


def _distort(world: World, number: int, ticker: str) -> None:
    draw = Draw(world.seed, "distort", number)
    members = world.recruit(6, rate=0.8, language=index_of("en"))
    at = world.day(0.6) + draw.integer(9, 18) * HOUR
    posts: list[Row] = []
    for offset, part in ((-20 * MINUTE, 0.4), (0, 1.0), (3 * MINUTE, 0.8), (9 * MINUTE, 0.8), (25 * MINUTE, 0.6)):
        posts += acts.follow_call(
            world,
            draw,
            members,
            at + offset,
            lambda d: texts.about(d, _RUMOURS, ticker),
            part=part,
            half=25 * SECOND,
            most=2 * MINUTE,
        )
    for quiet in acts.calls(draw, world.day(0.4), world.day(0.58), 5):
        posts += acts.follow_call(
            world, draw, members, quiet, _say(_DOUBT, ticker), part=0.6, half=40 * SECOND, most=4 * MINUTE
        )
    world.moves.append(Move(ticker, at, "crash", -draw.between(0.22, 0.35)))
    _onlookers(world, draw, ticker, at + 10 * MINUTE, 25)
    world.plant(
        f"distort-{number}",
        "coordinated_pump",
        members,
        posts,
        f"short and distort: sow doubts about ${ticker} for days, then spread false alarms together while it falls",
        tickers=(ticker,),
    )
