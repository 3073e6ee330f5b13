"""Innocent groups that act together, or seem to: what naive detectors take for rings."""

from __future__ import annotations

from lockstep.demo import acts, names, texts
from lockstep.demo.background import ALWAYS
from lockstep.demo.draw import Draw
from lockstep.demo.phrases import LANGUAGES, options
from lockstep.demo.shilling import micro_caps
from lockstep.demo.texts import index_of
from lockstep.demo.truth import PLATFORM
from lockstep.demo.world import DAY, HOUR, MINUTE, SECOND, Move, Row, World, stamp

_MADE = (
    options(
        "morning everyone | gm | good morning club | hello from the train | up early | coffee and charts"
        " | hey all | another day | gm fam | rise and shine | late as always | gm from a rainy place"
    ),
    options(
        "proud holder since day one | who else is here? | built something small today"
        " | meetup photos soon | love this community | my dog says hi | reading the new post"
        " | learning a lot here | memes incoming"
    ),
)
_CHEER = options(
    "lovely | この曲すき | 配信ありがとう | 最高でした | 今日も楽しかった | 次も楽しみ | 泣いた | おつかれさま"
)
_CHEER_MORE = options("✨ | 🎶 | アンコール | 拍手 | また来週 | チケット取れた | 初見です | ずっと応援してる")
_HEADS = options(
    "raises a round | ships an upgrade | postpones its vote | opens a European office | sees record volume"
)
_HEADS_MORE = options(
    "after a long review | as rivals hesitate | according to its blog | in a busy week | says its team"
)
_REACT = (
    options(
        "wow {t} | {t} finally | did not expect that from {t} | {t} news looks real | there it goes, {t}"
        " | {t}!! | congrats to the {t} team | sold {t} yesterday of course"
        " | reading the {t} announcement | {t} up nicely"
    ),
    options(
        "good for the whole sector | let us see if it lasts | I should have bought more | well deserved"
        " | hm | careful with chasing | my spreadsheet is happy | took some profit | what a day"
        " | details are thin"
    ),
)
_LISTED = options(
    "{t} is live | {t} trading now | {t} listed, finally | {t} is up on the exchange | {t} listing just opened"
)
_GIFT = "I just joined the {t} community airdrop, 2 minutes and free: {link}"
_SPONSORED = (
    options(
        "trying out {t} this week | my honest look at {t} | new video about {t}"
        " | three things I learned about {t} | unboxing the {t} card | weekend with {t}"
    ),
    options("link in the profile | questions welcome | full review tomorrow | use it or not, your call | more soon"),
)
_CLIENTS = (
    options(
        "our spring sale has started | new flavour in store | we are hiring | open until nine tonight"
        " | fresh batch | meet the team | thank you for 5000 followers | two for one this week"
    ),
    options("come by | details on our page | while stocks last | tell a friend | see you soon"),
)


def plant(world: World, number: int) -> None:
    """Plant one of each."""
    coins = micro_caps(world, number)[14:]
    _fan_club(world, number, coins[0])
    _fan_party(world, number)
    _news_bot(world, number)
    _rally(world, number, coins[1])
    _listings(world, number, coins[2:4])
    _campaign(world, number, coins[4])
    _agency(world, number)
    _airdrop(world, number, coins[5])
    _household(world, number)
    _cafe(world, number)
    _owner(world, number)


def _text(draw: Draw, parts: tuple[tuple[str, ...], ...], ticker: str = "") -> str:
    return texts.about(draw, parts, ticker) if ticker else texts.own_words(draw, parts, drop=0.35)


def _fan_club(world: World, number: int, ticker: str) -> None:
    draw = Draw(world.seed, "fan club", number)
    fans = world.crowd(draw, max(24, world.town // 75), index_of("en"))
    posts: list[Row] = []
    for day in range(world.days):
        for fan in fans:
            if draw.chance(0.3):  # a ritual greeting, at breakfast wherever the fan lives
                local = 8 * HOUR + draw.between(-1, 1) * HOUR - int(world.people.clock[fan]) * MINUTE
                posts.append(world.post(fan, day * DAY + local % DAY, f"{_text(draw, _MADE)} ${ticker}"))
        if day % 7 == 5:
            posts += [
                world.post(
                    f, day * DAY + 18 * HOUR + draw.delay(6 * MINUTE, 2 * HOUR), f"{_text(draw, _MADE)} #{ticker}Friday"
                )
                for f in fans
                if draw.chance(0.7)
            ]
    world.plant(
        f"fan-club-{number}",
        "fan community",
        fans,
        posts,
        f"holders of ${ticker} greet each other every morning and meet under a hashtag on Fridays: organised, honest",
        flagged=False,
        tickers=(ticker,),
    )


def _fan_party(world: World, number: int) -> None:
    draw = Draw(world.seed, "fan party", number)
    fans = world.crowd(draw, max(20, world.town // 100), index_of("ja"))
    star = world.recruit(1, rate=0.2, language=index_of("ja"), clock=540, followers=90_000, verified=True)[0]
    posts: list[Row] = []
    for day in range(2, world.days, 3):
        at = day * DAY + 11 * HOUR
        show = world.post(star, at, f"配信はじまるよ 🎶 #LumiLive{number}")
        for fan in fans:
            if draw.chance(0.75):
                posts.append(
                    world.post(fan, at + draw.delay(MINUTE, 40 * MINUTE) + 5 * SECOND, "", kind="repost", parent=show)
                )
            if draw.chance(0.6):
                text = f"{draw.pick(_CHEER)} {draw.pick(_CHEER_MORE)} #LumiLive{number}"
                posts.append(world.post(fan, at + draw.between(MINUTE, HOUR), text))
    world.plant(
        f"fan-party-{number}",
        "fan community",
        fans,
        posts,
        "fans of a singer (in Japanese) repost every stream within minutes and cheer under its hashtag",
        flagged=False,
    )


def _news_bot(world: World, number: int) -> None:
    draw = Draw(world.seed, "news bot", number)
    bot = world.recruit(1, rate=0.0, rhythm=ALWAYS, followers=310_000, verified=True, language=index_of("en"))[0]
    world.people.set(bot, handle=f"wirebot{number}", created=-1500 * DAY, attributes={"bio": "automated headlines"})
    world.label(bot, "service", "plaza", -1400 * DAY)
    readers = world.crowd(draw, max(60, world.town // 8))
    posts: list[Row] = []
    for day in range(world.days):
        for k in range(4):
            at = day * DAY + k * 6 * HOUR + draw.integer(0, 6 * 60) * MINUTE
            ticker = world.tickers[int(draw.one() ** 2 * 40)]
            head = f"JUST IN: ${ticker} {draw.pick(_HEADS)} {draw.pick(_HEADS_MORE)}"
            item = world.post(bot, at, f"{head} https://{names.NEWS_HOSTS[0]}/wire/{day}-{k}")
            big = draw.chance(0.06)
            for reader in draw.sample(readers, len(readers) * 3 // 5 if big else draw.integer(6, 30)):
                late = draw.delay(3 * MINUTE, 8 * HOUR) + 3 * SECOND
                posts.append(world.post(reader, at + late, "", kind="repost", parent=item))
    world.plant(
        f"news-bot-{number}",
        "news bot's readers",
        sorted({p.author for p in posts} | {bot}),
        posts,
        "an automated headline account that tens and sometimes hundreds of readers repost within minutes",
        flagged=False,
    )


def _rally(world: World, number: int, ticker: str) -> None:
    draw = Draw(world.seed, "rally", number)
    at = world.day(0.45) + 13 * HOUR + draw.integer(0, 50) * MINUTE
    world.event(ticker, at, "news", names.NEWS_HOSTS[1])
    world.moves.append(Move(ticker, at, "rally", draw.between(0.25, 0.5)))
    link = f"https://{names.NEWS_HOSTS[1]}/2026/{ticker.lower()}-partnership"
    people = world.crowd(draw, max(60, world.town // 15))
    posts = []
    for who in people:
        language = LANGUAGES[int(world.people.language[who])]
        for _ in range(1 + draw.chance(0.3)):
            if language.tag == "en":
                text = _text(draw, _REACT, ticker)
            else:
                text = texts.compose(language, draw.grid(1, texts.DRAWS)[0], f"${ticker}")

            when = at + 40 * SECOND + draw.delay(35 * MINUTE, 20 * HOUR)
            posts.append(world.post(who, when, f"{text} {link}" if draw.chance(0.25) else text))
    world.plant(
        f"rally-{number}",
        "organic rally",
        people,
        posts,
        f"real news lifts ${ticker} and everybody talks about it, in words and languages of their own",
        flagged=False,
        tickers=(ticker,),
        links=(link,),
    )


def _listings(world: World, number: int, coins: list[str]) -> None:
    draw = Draw(world.seed, "listings", number)
    venue = world.recruit(1, rate=0.6, followers=800_000, verified=True, language=index_of("en"))[0]
    world.people.set(venue, handle=f"{names.VENUE}{number}", created=-2000 * DAY)
    world.label(venue, "official", "plaza", -1900 * DAY)
    people = world.crowd(draw, max(40, world.town // 25))
    posts: list[Row] = []
    for k, ticker in enumerate(coins):
        at = world.day(0.3 + 0.35 * k) + 10 * HOUR
        world.event(ticker, at, "listing", names.VENUE)
        world.moves.append(Move(ticker, at, "listing", draw.between(0.6, 1.4)))
        note = world.post(venue, at, f"${ticker} is now listed. Trading is open.")
        for who in people:
            if draw.chance(0.7):
                when = at + 10 * SECOND + draw.delay(4 * MINUTE, 3 * HOUR)
                if draw.chance(0.3):
                    posts.append(world.post(who, when, "", kind="repost", parent=note))
                else:
                    text = texts.retouch(draw, draw.pick(_LISTED).replace("{t}", f"${ticker}"))
                    posts.append(world.post(who, when, text))
    world.plant(
        f"listing-{number}",
        "exchange listing",
        [venue, *people],
        posts,
        "an exchange opens trading at an announced time; people post at once, in nearly the same words",
        flagged=False,
        tickers=tuple(sorted(coins)),
    )


def _campaign(world: World, number: int, ticker: str) -> None:
    draw = Draw(world.seed, "campaign", number)
    creators = world.crowd(draw, 12, index_of("en"))
    tag = f"{ticker.lower()}partner"
    start, end = world.day(0.5), world.day(0.7)
    keys = [world.people.key[c] for c in sorted(creators)]
    world.files.write(
        "campaigns",
        [(PLATFORM, f"spring-{number}", stamp(start), stamp(end), [ticker], [tag], [], "plaza creators", keys, True)],
    )
    posts: list[Row] = []
    for at in acts.calls(draw, start, end, 6, (15, 18)):
        slot = at - at % (30 * MINUTE)  # everybody gets the same slots from the campaign's plan
        for creator in creators:
            if draw.chance(0.85):
                text = f"{_text(draw, _SPONSORED, ticker)} #ad #{tag}"
                posts.append(world.post(creator, slot + draw.between(0, 70 * SECOND), text))
    world.plant(
        f"campaign-{number}",
        "official creator campaign",
        creators,
        posts,
        "twelve creators post in slots of a campaign that is on record, each post disclosed",
        flagged=False,
        tickers=(ticker,),
    )


def _agency(world: World, number: int) -> None:
    draw = Draw(world.seed, "agency", number)
    agency, *clients = world.recruit(8, rate=0.2, language=index_of("en"), rhythm=0)
    for client in clients:
        world.people.set(client, attributes={"bio": f"posts by @{world.people.handle[agency]}"})
    world.label(agency, "service", "plaza partner register", -300 * DAY)
    posts = [
        world.post(client, day * DAY + hour * HOUR + draw.integer(0, 900), f"{_text(draw, _CLIENTS)} #ad {link}")
        for day in range(world.days)
        if day % 7 not in {0, 6}
        for hour in (9, 17)
        for client in [agency, *clients]
        for link in [f"https://{names.BLOG_HOSTS[5]}/{world.people.key[client]}"]
        if draw.chance(0.6)
    ]
    world.plant(
        f"agency-{number}",
        "disclosed agency",
        [agency, *clients],
        posts,
        "a scheduling tool posts for an agency's clients at nine and five sharp; every post says #ad",
        flagged=False,
    )


def _airdrop(world: World, number: int, ticker: str) -> None:
    draw = Draw(world.seed, "airdrop", number)
    people = world.crowd(draw, max(40, world.town // 40))
    at = world.day(0.55) + 15 * HOUR
    link = f"https://{ticker.lower()}-drop.example/join"
    text = _GIFT.replace("{t}", f"${ticker}").replace("{link}", link)
    posts = [world.post(who, at + draw.delay(3 * HOUR, 4 * DAY), text) for who in people]
    world.plant(
        f"airdrop-{number}",
        "airdrop crowd",
        people,
        posts,
        "everybody who takes part has to post the same sentence and link; strangers, one post each",
        flagged=False,
        tickers=(ticker,),
        links=(link,),
    )


def _household(world: World, number: int) -> None:
    draw = Draw(world.seed, "household", number)
    family = world.crowd(draw, 4)
    address, tablet = names.home_ip(draw), names.device(draw)
    for member in family:
        world.identifier(member, "device", names.device(draw), -90 * DAY, world.end)
        world.identifier(member, "device", tablet, -60 * DAY, world.end)
        world.identifier(member, "ip", address, -90 * DAY, world.end)
    world.plant(
        f"family-{number}",
        "family",
        family,
        [],
        "four people with one address and one tablet, phones of their own and nothing else in common",
        flagged=False,
        span=(0, world.end),
    )


def _cafe(world: World, number: int) -> None:
    draw = Draw(world.seed, "cafe", number)
    guests = world.crowd(draw, 14)
    address = names.home_ip(draw)
    for guest in guests:
        visit = int(draw.between(0, world.end - 2 * HOUR))
        world.identifier(guest, "device", names.device(draw), -90 * DAY, world.end)
        world.identifier(guest, "ip", names.home_ip(draw), -90 * DAY, world.end)
        world.identifier(guest, "ip", address, visit, visit + HOUR)
    world.plant(
        f"cafe-{number}",
        "café",
        guests,
        [],
        "guests of one café share its address for an hour each, on days of their own",
        flagged=False,
        span=(0, world.end),
    )


def _owner(world: World, number: int) -> None:
    draw = Draw(world.seed, "owner", number)
    accounts = world.recruit(3, rate=0.8, language=index_of("en"))
    machine, address = names.device(draw), names.home_ip(draw)
    main = world.people.handle[accounts[0]]
    posts = []
    for account in accounts:
        world.identifier(account, "device", machine, -200 * DAY, world.end)
        world.identifier(account, "ip", address, -200 * DAY, world.end)
        world.people.set(account, attributes={"bio": f"one of three accounts of @{main}: art, code, bicycles"})
    for at in acts.calls(draw, 0, world.end - DAY, 20, (16, 22)):
        text = f"new on my page: {draw.pick(names.ADJECTIVES)} {draw.pick(names.NOUNS)}, episode {at // HOUR}"
        link = f"https://{names.BLOG_HOSTS[0]}/p/{at // MINUTE}"
        posts += [world.post(a, at + k * 2 * SECOND, f"{text} {link}") for k, a in enumerate(accounts)]
    world.plant(
        f"owner-{number}",
        "one owner's accounts",
        accounts,
        posts,
        "one person with three accounts that say so, and a tool that posts the same update to all of them",
        flagged=False,
    )
