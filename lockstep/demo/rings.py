"""Sybil rings, easy to hard: a device farm, accounts made one by one through a proxy, and accounts bought."""

from __future__ import annotations

from lockstep.demo import acts, names
from lockstep.demo.background import SHIFTS
from lockstep.demo.draw import Draw
from lockstep.demo.phrases import options
from lockstep.demo.world import DAY, HOUR, MINUTE, SECOND, Row, World


def plant(world: World, number: int) -> None:
    """Plant one ring of each make."""
    _farm(world, number)
    _drip(world, number)
    _aged(world, number)


def _boost(
    world: World, draw: Draw, members: list[int], *, since: int, count: int, part: float, half: float
) -> list[Row]:
    """Members repost and like what the account they were made for publishes."""
    rows = []
    star = world.crowd(draw, 1)[0]
    for at in acts.calls(draw, since, world.day(0.95), count):
        post = world.post(star, at, draw.pick(_NEWS) + f" #{draw.pick(('build', 'update', 'community'))}{at // DAY}")
        for member in draw.sample(members, len(members)):
            if draw.chance(part):
                then = int(at + 15 * SECOND + draw.delay(half, 6 * HOUR))
                rows.append(world.post(member, then, "", kind="repost", parent=post))
                world.interact(member, "like", post.post, then + int(draw.between(SECOND, 20 * SECOND)), "post")
    return rows


_NEWS = options(
    "our community vote opens today, every voice counts | weekly numbers are in, thank you all"
    " | new partner announcement coming, stay close | the mint page is live for early members"
    " | top contributors get a role this week | we are just getting started"
)


def _farm(world: World, number: int) -> None:
    draw = Draw(world.seed, "farm", number)
    made = world.day(0.1) + int(draw.between(9 * HOUR, 12 * HOUR))
    members = world.recruit(9, rate=0.5, rhythm=SHIFTS, followers=3, verified=False)
    acts.born(draw, world, members, made, within=41 * MINUTE)
    first, second = draw.pick(names.ADJECTIVES), draw.pick(names.NOUNS)
    serial = draw.integer(1000, 8000)
    devices, address = [names.device(draw) for _ in range(2)], names.home_ip(draw)
    for k, member in enumerate(members):
        world.people.set(
            member,
            handle=f"{first}_{second}_{serial + 7 * k}",
            language=world.people.language[members[0]],
            clock=world.people.clock[members[0]],
            attributes={"bio": "early supporter | dm open"},
        )
        world.identifier(member, "device", devices[k % 2], made, world.end)
        world.identifier(member, "ip", address, made, world.end)
    acts.fund(world, draw, members, made + HOUR, names.wallet(draw), amount=25.0, jitter=0.0)
    acts.follow_each_other(world, draw, members, made + 2 * HOUR, share=0.8)
    posts = _boost(world, draw, members, since=world.day(0.2), count=9, part=0.85, half=4 * MINUTE)
    world.plant(
        f"sybil-farm-{number}",
        "sybil_ring",
        members,
        posts,
        "made within 41 minutes on two devices behind one address, handles from one template, paid by one wallet",
        span=(made, world.end),
    )


def _drip(world: World, number: int) -> None:
    draw = Draw(world.seed, "drip", number)
    members = world.recruit(6, rate=0.7, followers=20, verified=False)
    made = -12 * DAY
    for k, member in enumerate(members):
        world.people.set(member, created=made + k * 16 * HOUR + int(draw.between(0, 5 * HOUR)))
        world.identifier(member, "device", names.device(draw), made + k * 16 * HOUR, world.end)
        world.identifier(member, "referral", f"REF{Draw(world.seed, 'drip code', number).hex(6).upper()}", made, made)
    exits = [names.home_ip(draw) for _ in members]
    for k, member in enumerate(members):  # each exit address serves two of them, in a chain
        for address in (exits[k], exits[(k + 1) % len(members)]):
            world.identifier(member, "ip", address, made + k * 16 * HOUR, world.end)
    purse = names.wallet(draw)
    for k, member in enumerate(members):  # money hops from wallet to wallet instead of fanning out
        address = names.wallet(draw)
        world.identifier(member, "wallet", f"demochain:{address}", made, world.end)
        world.transfer(purse, address, made + (k + 1) * 18 * HOUR, f"{draw.between(30, 60) - 4 * k:.2f}")
        purse = address
    posts = _boost(world, draw, members, since=world.day(0.05), count=8, part=0.7, half=20 * MINUTE)
    world.plant(
        f"sybil-drip-{number}",
        "sybil_ring",
        members,
        posts,
        "made one by one over four days, own devices but exit addresses that overlap in a chain, money hops along",
        span=(made, world.end),
    )


def _aged(world: World, number: int) -> None:
    draw = Draw(world.seed, "aged", number)
    members = world.recruit(6, rate=0.35, verified=False)
    sold = world.day(0.3)
    prefix = names.home_ip(draw).rsplit(".", 1)[0]
    purse, middle = names.wallet(draw), [names.wallet(draw) for _ in range(2)]
    for k, address in enumerate(middle):
        world.transfer(purse, address, sold + k * 3 * HOUR, f"{draw.between(150, 260):.2f}")
    for k, member in enumerate(members):
        world.people.set(member, created=-int(draw.between(300, 2000)) * DAY)
        world.identifier(member, "device", names.device(draw), sold + k * 7 * HOUR, world.end)
        world.identifier(member, "ip", f"{prefix}.{draw.integer(1, 255)}", sold + k * 7 * HOUR, world.end)
        target = names.wallet(draw)
        world.identifier(member, "wallet", f"demochain:{target}", sold, world.end)
        world.transfer(middle[k % 2], target, sold + DAY + k * 5 * HOUR, f"{draw.between(20, 70):.2f}")
    posts = _boost(world, draw, members, since=sold + DAY, count=7, part=0.6, half=90 * MINUTE)
    world.plant(
        f"sybil-aged-{number}",
        "sybil_ring",
        members,
        posts,
        "old accounts bought by one owner: own devices, neighbouring addresses, paid in two hops, woken in one week",
        span=(sold, world.end),
    )
