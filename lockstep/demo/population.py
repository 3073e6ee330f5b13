"""What ordinary accounts have beside their posts: profiles, follows, devices, addresses, wallets."""

from __future__ import annotations

import numpy as np
import orjson

from lockstep.demo import names
from lockstep.demo.background import zipf
from lockstep.demo.draw import Draw
from lockstep.demo.truth import PLATFORM
from lockstep.demo.world import DAY, World, stamp

_CHUNK = 5000


def accounts(world: World) -> None:
    """Write all accounts, in the order of their ids."""
    people = world.people
    order = sorted(range(world.size), key=people.key.__getitem__)
    for start in range(0, world.size, _CHUNK):
        world.files.write(
            "accounts",
            (
                (
                    *(
                        PLATFORM,
                        people.key[i],
                        people.handle[i],
                        stamp(int(people.created[i])),
                        bool(people.verified[i]),
                    ),
                    *(int(people.followers[i]), world.lang(i)),
                    orjson.dumps(people.attributes[i]).decode() if i in people.attributes else None,
                )
                for i in order[start : start + _CHUNK]
            ),
        )


def follows(world: World) -> None:
    """Write who follows whom: mostly somebody well known of the same community, now and then anybody."""
    draw = Draw(world.seed, "follows")
    people, size = world.people, world.size
    circle = people.language * 1000 + draw.below(size, max(1, size // 400))
    fame = np.argsort(-people.followers, kind="stable")
    everywhere = zipf(size)
    near = {c: fame[circle[fame] == c] for c in np.unique(circle).tolist()}
    ranks = {c: zipf(len(members)) for c, members in near.items()}
    for start in range(0, size, _CHUNK):
        rows = []
        for i in range(start, min(size, start + _CHUNK)):
            count = min(int(float(draw.tail(1, 3.0)[0])), 80)
            own = int(circle[i])
            local = near[own][draw.weighted(ranks[own], count)]
            world_wide = fame[draw.weighted(everywhere, count)]
            chosen = np.unique(np.where(draw.uniform(count) < 0.75, local, world_wide))
            for j, share in zip(chosen.tolist(), draw.uniform(len(chosen)).tolist(), strict=True):
                since = max(int(people.created[i]), int(people.created[j]))
                at = since + int((min(world.end, int(people.until[i])) - since) * share)
                if i != j and at > since:
                    rows.append((PLATFORM, people.key[i], "follow", people.key[j], "account", stamp(at)))
        world.files.write("interactions", rows)


def identifiers(world: World) -> None:
    """Write devices, addresses, referral codes and wallets of everybody whom no scenario has equipped."""
    draw = Draw(world.seed, "identifiers")
    people, size = world.people, world.size
    carriers = names.carrier_ips(draw, max(4, size // 25))
    codes = [f"REF{draw.hex(6).upper()}" for _ in range(max(4, size // 60))]
    popular = zipf(len(codes))
    hot = [names.wallet(draw) for _ in range(4)]  # the exchange's wallets: they pay hundreds of people
    rows: list[tuple[object, ...]] = []
    for i in range(size):
        if i in world.equipped:
            continue
        owned = [("device", names.device(draw)) for _ in range(1 + draw.chance(0.3))]
        owned.append(("ip", draw.pick(carriers) if draw.chance(0.3) else names.home_ip(draw)))
        if draw.chance(0.15):
            owned.append(("referral", codes[int(draw.weighted(popular, 1)[0])]))
        if draw.chance(0.25):
            address = names.wallet(draw)
            owned.append(("wallet", f"demochain:{address}"))
            at = int(draw.between(0, world.end))
            world.transfer(draw.pick(hot), address, at, f"{draw.between(20, 900):.2f}")
        first = max(int(people.created[i]), -200 * DAY)
        last = min(world.end, int(people.until[i]))
        rows += [(PLATFORM, people.key[i], kind, value, stamp(first), stamp(last)) for kind, value in owned]
        if len(rows) > _CHUNK:
            world.files.write("identifiers", rows)
            rows = []
    world.files.write("identifiers", rows)
