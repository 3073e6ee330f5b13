"""Shilling clusters: accounts told to talk one coin up, from copied texts to a cluster that no window can see."""

from __future__ import annotations

from collections.abc import Sequence

from lockstep.demo import acts, names, texts
from lockstep.demo.draw import Draw
from lockstep.demo.phrases import options
from lockstep.demo.texts import index_of
from lockstep.demo.world import DAY, HOUR, MINUTE, SECOND, Row, World

_TEMPLATES = options(
    "{t} is about to wake up, do not say nobody told you | still early on {t}, next stop {n}x"
    " | {t} dev team just delivered again. load up before the crowd | my only {n}x play this month: {t}"
    " | whales are filling bags of {t}, chart looks ready | if you missed the last one do not miss {t}"
)
_RETURN_TEMPLATES = options(
    "{t} presale round {n} closes tonight, claim your spot"
    " | verified: {t} staking pays {n}% a week, here is how"
    " | {t} holders get double rewards until midnight | do not sleep on {t}, round {n} is almost full"
)
_PARTS = (
    options(
        "been digging into {t} | {t} caught my eye | so {t} then | people keep asking me about {t}"
        " | quiet day but {t} | I had {t} on a list for weeks | {t}, hear me out | a friend showed me {t}"
    ),
    options(
        "the supply is tiny | hardly anybody holds it yet | liquidity locked for a year"
        " | chart is coiling nicely | team shows up every single day | volume creeping up since morning"
        " | smart wallets are in"
    ),
    options(
        "could run hard | feels like a steal here | I am adding | will not stay this cheap"
        " | target is way higher | this goes places | took a bag | in for the long run"
    ),
)
_PARTS_ES = (
    options(
        "llevo días mirando {t} | {t} me llamó la atención | hablemos de {t} | me preguntan mucho por {t}"
        " | nadie mira {t} todavía | un amigo me pasó {t} | {t}, atentos"
    ),
    options(
        "muy poca oferta | casi nadie la tiene | liquidez bloqueada un año | el gráfico se ve listo"
        " | el equipo responde siempre | el volumen sube desde la mañana"
    ),
    options(
        "puede correr mucho | está regalada | yo sumo más | no va a seguir tan barata"
        " | objetivo mucho más alto | esto va lejos | ya entré"
    ),
)
_DROPS = options(
    "claim is live, only wallets connected today qualify | bonus round open now, connect and claim"
    " | they extended the claim, hurry | just got mine in two minutes, link below"
    " | snapshot in an hour, do not be late"
)


def plant(world: World, number: int) -> None:
    """Plant one cluster of each make; the coins are micro-caps that hardly anybody else mentions."""
    coins = iter(micro_caps(world, number))
    _copied(world, number, next(coins))
    _paraphrased(world, number, next(coins))
    _links(world, number, next(coins))
    _sparse(world, number, next(coins))
    _returning(world, number, next(coins))
    _unseen(world, number, next(coins))


def micro_caps(world: World, number: int) -> list[str]:
    """Twenty symbols far down in popularity that belong to one set of scenarios."""
    first = 300 + 20 * (number - 1)
    return world.tickers[first : first + 20]


def _fill(draw: Draw, templates: Sequence[str], ticker: str) -> str:
    return draw.pick(templates).replace("{t}", f"${ticker}").replace("{n}", str(draw.pick((5, 10, 20, 50, 100))))


def _copied(world: World, number: int, ticker: str) -> None:
    draw = Draw(world.seed, "copied", number)
    members = world.recruit(8, rate=0.8, language=index_of("en"), followers=140)
    acts.born(draw, world, members, -90 * DAY, within=60 * DAY)
    posts: list[Row] = []
    for at in acts.calls(draw, world.day(0.15), world.day(0.9), 18):
        posts += acts.follow_call(
            world,
            draw,
            members,
            at,
            lambda d: texts.retouch(d, _fill(d, _TEMPLATES, ticker)),
            part=0.88,
            half=14 * SECOND,
            most=55 * SECOND,
        )
    world.plant(
        f"shill-copied-{number}",
        "shilling_cluster",
        members,
        posts,
        f"told 18 times to push ${ticker}: posts from six templates within a minute",
        tickers=(ticker,),
    )


def _paraphrased(world: World, number: int, ticker: str) -> None:
    draw = Draw(world.seed, "paraphrased", number)
    members = world.recruit(6, rate=1.1, language=index_of("es"), clock=-180)
    posts: list[Row] = []
    for at in acts.calls(draw, world.day(0.05), world.day(0.95), 16):
        posts += acts.follow_call(
            world,
            draw,
            members,
            at,
            lambda d: texts.about(d, _PARTS_ES, ticker),
            part=0.8,
            half=22 * SECOND,
            most=80 * SECOND,
        )
    world.plant(
        f"shill-paraphrased-{number}",
        "shilling_cluster",
        members,
        posts,
        f"told 16 times to push ${ticker} (in Spanish): each in words of its own, most within a minute",
        tickers=(ticker,),
    )


def _links(world: World, number: int, ticker: str) -> None:
    """Reposts and dropped links; one verified member was hijacked and is a victim."""
    draw = Draw(world.seed, "links", number)
    members = world.recruit(8, rate=0.9, followers=90)
    stolen = members[-1]
    taken = world.day(0.35)
    world.people.set(stolen, verified=True, followers=48_000, created=-1900 * DAY, rate=1.6)
    host = f"{ticker.lower()}-claim.example"
    posts: list[Row] = []
    for number_, at in enumerate(acts.calls(draw, world.day(0.1), world.day(0.92), 14)):
        crew = [m for m in members if m != stolen or at > taken]
        leader = stolen if at > taken and draw.chance(0.5) else draw.pick(crew)
        link = f"https://{host}/{'gift' if number_ % 2 else 'claim'}"
        call = world.post(leader, at, f"${ticker} {draw.pick(_DROPS)} {link}")
        posts.append(call)
        for member in draw.sample([m for m in crew if m != leader], len(crew)):
            then = int(at + 6 * SECOND + draw.delay(30 * SECOND, 4 * MINUTE))
            if draw.chance(0.55):
                posts.append(world.post(member, then, "", kind="repost", parent=call))
            elif draw.chance(0.8):
                tail = f"?ref={draw.hex(4)}" if draw.chance(0.3) else ""
                posts.append(world.post(member, then, f"{draw.pick(_DROPS)} {link}{tail}"))
    world.state(stolen, "hijacked", world.day(0.7))
    world.label(stolen, "verified", "plaza", -800 * DAY)
    world.plant(
        f"shill-links-{number}",
        "shilling_cluster",
        members,
        posts,
        f"drop and repost links to {host} within minutes; one member is a verified account that was hijacked",
        tickers=(ticker,),
        links=(f"https://{host}/claim", f"https://{host}/gift"),
        hijacked=(stolen,),
    )


def _sparse(world: World, number: int, ticker: str) -> None:
    draw = Draw(world.seed, "sparse", number)
    members = world.recruit(7, rate=1.5, language=index_of("en"))
    posts: list[Row] = []
    for at in acts.calls(draw, world.day(0.05), world.day(0.95), 22):
        posts += acts.follow_call(
            world,
            draw,
            members,
            at,
            lambda d: texts.retouch(d, texts.about(d, _PARTS, ticker)),
            part=0.4,
            half=25 * SECOND,
            most=3 * MINUTE,
        )
    world.plant(
        f"shill-sparse-{number}",
        "shilling_cluster",
        members,
        posts,
        f"told 22 times to push ${ticker}, but each follows only two calls of five",
        tickers=(ticker,),
    )


def _returning(world: World, number: int, ticker: str) -> None:
    """A ring that is suspended, and comes back with new accounts, the same texts, links and devices."""
    draw = Draw(world.seed, "returning", number)
    first = world.recruit(5, rate=0.6, language=index_of("en"), followers=60)
    second = world.recruit(5, rate=0.6, language=index_of("en"), followers=4, verified=False)
    link = f"https://{ticker.lower()}-presale.example/join"
    stopped, back = world.day(0.4), world.day(0.5)
    acts.born(draw, world, first, -40 * DAY, within=8 * DAY)
    acts.born(draw, world, second, back - 20 * HOUR, within=3 * HOUR)
    devices = [names.device(draw) for _ in first]
    for crew, since, until in ((first, -40 * DAY, stopped), (second, back - 17 * HOUR, world.end)):
        for k, member in enumerate(crew):
            world.identifier(member, "device", devices[k], since, until)
            world.identifier(member, "ip", names.home_ip(draw), since, until)

    def say(d: Draw, disguised: float) -> str:
        text = texts.retouch(d, _fill(d, _RETURN_TEMPLATES, ticker))
        text = texts.disguise(d, text) if d.chance(disguised) else text
        return f"{text} {link}" if d.chance(0.6) else text

    def session(crew: list[int], start: int, end: int, disguised: float) -> list[Row]:
        rows: list[Row] = []
        for at in acts.calls(draw, start, end, 11):
            rows += acts.follow_call(
                world, draw, crew, at, lambda d: say(d, disguised), part=0.9, half=15 * SECOND, most=70 * SECOND
            )
        return rows

    before = session(first, world.day(0.05), stopped, 0.0)
    after = session(second, back, world.day(0.95), 0.4)
    for member in first:
        at = stopped + 8 * HOUR
        world.people.set(member, until=at)
        world.verdict(member, "violation", at, "suspend")
        world.state(member, "suspended", at)
        world.label(member, "sybil", "plaza trust desk", at, f"presale-{number}")

    world.plant(
        f"shill-first-{number}",
        "shilling_cluster",
        first,
        before,
        f"push ${ticker} with a presale link within a minute, eleven times; suspended after that",
        tickers=(ticker,),
        links=(link,),
    )
    world.plant(
        f"shill-return-{number}",
        "shilling_cluster",
        second,
        after,
        f"shill-first-{number} again with new accounts: the same link and devices, the same texts, some disguised",
        returns=f"shill-first-{number}",
        tickers=(ticker,),
        links=(link,),
    )


def _unseen(world: World, number: int, ticker: str) -> None:
    """One call takes a day and a half to be carried out, in everybody's own words."""
    draw = Draw(world.seed, "unseen", number)
    members = world.recruit(6, rate=3.5, language=index_of("en"))
    posts: list[Row] = []
    for at in acts.calls(draw, world.day(0.05), world.day(0.85), 9):
        for member in members:
            if draw.chance(0.75):
                then = at + draw.between(0, 36 * HOUR)

                link = f" https://{draw.pick(names.BLOG_HOSTS)}/s/{draw.hex(7)}" if draw.chance(0.4) else ""
                posts.append(world.post(member, then, texts.about(draw, _PARTS, ticker) + link))
    world.plant(
        f"shill-unseen-{number}",
        "shilling_cluster",
        members,
        posts,
        f"push ${ticker} in words of their own, spread over a day and a half after each call",
        tickers=(ticker,),
        hidden=(
            "members act hours apart, with paraphrased texts and a different short link each time, among many posts "
            "about other coins: no two of them meet in a window of minutes more often than strangers do"
        ),
    )
