"""Write a made-up network in Lockstep's own record types."""

from __future__ import annotations

from pathlib import Path

from graph.errors import ConfigError, IngestError
from lockstep.demo import lookalikes, market, population, pumps, rings, shilling
from lockstep.demo.background import Background
from lockstep.demo.draw import Draw
from lockstep.demo.files import LAYOUT, Files
from lockstep.demo.truth import PLATFORM, Truth, truth_file
from lockstep.demo.world import ACCOUNTS_A_SET, DAY, HOUR, World, moment

SIZES = (500, 1_000_000)
DAYS = (10, 366)
MOST_SETS = 20


def generate(out: Path, *, size: int = 3000, seed: int = 1, days: int = 30) -> Truth:
    """Write a network's files into a folder, and its truth beside it (:func:`lockstep.demo.truth.truth_file`).

    The same size, seed and days give the same bytes on every machine (of ``.gz`` files: the same content). Memory
    holds the accounts and the scenarios' own posts, and of ordinary posts never more than a day.

    Parameters
    ----------
    out : Path
        Made if it does not exist; files of a network that is there are replaced.
    size : int
        Accounts, 500 … 1,000,000. At 3000 all groups that ought to be flagged have less than 3 % of them.
    seed : int
        Another seed, another network; ≥ 0.
    days : int
        Length, 10 … 366.

    Returns
    -------
    Truth
        What was planted; ``truth.files`` names the files to load.

    Raises
    ------
    ConfigError
        Size, seed or days out of range.
    IngestError
        The folder cannot be written.
    """
    for name, value, (low, high) in (("size", size, SIZES), ("days", days, DAYS), ("seed", seed, (0, 2**63 - 1))):
        if not low <= value <= high:
            raise ConfigError(f"{name} is {value}", where="demo network", hint=f"between {low} and {high}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with Files(out) as files:
            truth = _fill(files, size, seed, days)
        truth.save(truth_file(out))
    except OSError as e:
        raise IngestError(
            f"the demo network cannot be written: {e.strerror or e}",
            where=str(e.filename or out),
            hint="choose a folder that can be written, on a disk with room",
        ) from e
    return truth


def _fill(files: Files, size: int, seed: int, days: int) -> Truth:
    world = World(files, size=size, seed=seed, days=days)
    for number in range(1, 2 + min(MOST_SETS - 1, size // ACCOUNTS_A_SET)):
        for scenario in (rings, shilling, pumps, lookalikes):
            scenario.plant(world, number)
    _history(world)
    population.accounts(world)
    population.identifiers(world)
    population.follows(world)
    background = Background(world)
    for day in range(days):
        background.day(day)
        if day == days // 2:
            _spoil(files)
    market.write(world)
    return Truth(
        seed=seed,
        size=size,
        days=days,
        start=moment(0),
        end=moment(world.end),
        groups=tuple(world.groups),
        bad_rows=tuple(files.bad),
        files=tuple(name for name, _ in LAYOUT.values()),
        rows={kind: files.rows[kind] for kind in LAYOUT},
    )


def _history(world: World) -> None:
    """What moderators did before: among it a mistake that was reversed, and accounts found to be fine."""
    draw = Draw(world.seed, "history")
    wronged, *reviewed = world.crowd(draw, 9)
    at = world.day(0.2)
    world.verdict(wronged, "violation", at, "limit", reversed_at=at + 3 * DAY)
    world.state(wronged, "limited", at)
    world.state(wronged, "active", at + 3 * DAY)
    for account in reviewed:
        world.label(account, "benign", "plaza trust desk", at + int(draw.between(0, 5 * DAY)))
    for account in draw.sample(world.newcomers, 5):
        left = max(int(world.people.created[account]), world.day(0.7)) + int(draw.between(HOUR, 24 * HOUR))
        if left < world.end:
            world.people.set(account, until=left)
            world.state(account, "deleted", left)


def _spoil(files: Files) -> None:
    """Rows that are wrong on purpose, so that the quarantine has something to show."""
    prefix = f'{{"platform":"{PLATFORM}",'.encode()
    files.spoil(
        "posts", prefix + b'"post_id":"broken-1","account_id":"0000000001","text":"cut off in the mid', "not JSON"
    )
    files.spoil(
        "posts",
        prefix + b'"post_id":"broken-2","account_id":"0000000001","created_at":"yesterday","text":"hello"}',
        "created_at is no time",
    )
    files.spoil(
        "posts", prefix + b'"post_id":"broken-3","created_at":"2026-03-05T10:00:00Z","text":"whose?"}', "no account_id"
    )
    files.spoil(
        "accounts", f"{PLATFORM},0000000002,leapling,2026-02-30T00:00:00Z,false,3,en,".encode(), "created_at is no day"
    )
    files.spoil("identifiers", f"{PLATFORM},0000000003,referral,,,".encode(), "value is empty")
