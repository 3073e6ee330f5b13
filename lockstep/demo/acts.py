"""What groups do, shared by the scenarios: calls to act, how members follow them, how accounts are equipped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lockstep.demo import names
from lockstep.demo.draw import Draw
from lockstep.demo.world import DAY, HOUR, MINUTE, SECOND, Row, World

Say = Callable[[Draw], str]


def calls(draw: Draw, first: int, last: int, count: int, hours: tuple[int, int] = (7, 23)) -> list[int]:
    """Times at which a group is told to act, between two midnights, within hours of the day (UTC), in order."""
    days = max(1, (last - first) // DAY)
    return sorted(
        first + draw.integer(0, days) * DAY + int(draw.between(hours[0] * HOUR, hours[1] * HOUR)) for _ in range(count)
    )


def follow_call(
    world: World, draw: Draw, members: Sequence[int], at: int, say: Say, *, part: float, half: float, most: float
) -> list[Row]:
    """Members post after a call.

    Parameters
    ----------
    part : float
        Probability that a member takes part.
    half, most : float
        Milliseconds by which about half of them have posted, and by which all who do have.
    """
    return [
        world.post(member, at + draw.between(0.5 * SECOND, 4 * SECOND) + draw.delay(half, most), say(draw))
        for member in draw.sample(members, len(members))
        if draw.chance(part)
    ]


def born(draw: Draw, world: World, members: Sequence[int], at: int, *, within: int) -> None:
    """Accounts made within a span, one after the other."""
    moments = sorted(at + int(draw.between(0, within)) for _ in members)
    for member, moment in zip(members, moments, strict=True):
        world.people.set(member, created=moment)


def own_kit(world: World, draw: Draw, members: Sequence[int], since: int) -> None:
    """A device and an address of its own for every member."""
    for member in members:
        world.identifier(member, "device", names.device(draw), since, world.end)
        world.identifier(member, "ip", names.home_ip(draw), since, world.end)


def follow_each_other(world: World, draw: Draw, members: Sequence[int], at: int, *, share: float) -> None:
    """Members follow a share of the others within two days."""
    for a in members:
        for b in members:
            if a != b and draw.chance(share):
                world.interact(a, "follow", world.people.key[b], at + int(draw.between(0, 2 * DAY)))


def fund(
    world: World, draw: Draw, members: Sequence[int], at: int, source: str, *, amount: float, jitter: float
) -> None:
    """One wallet pays the members' wallets in turn; jitter is the relative spread of amounts."""
    for number, member in enumerate(members):
        address = names.wallet(draw)
        world.identifier(member, "wallet", f"demochain:{address}", at, world.end)
        when = at + number * MINUTE + draw.integer(0, 40 * SECOND)
        world.transfer(source, address, when, f"{amount * (1 + jitter * (draw.one() - 0.5)):.2f}")
