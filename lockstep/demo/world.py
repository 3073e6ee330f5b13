"""The network while it is made: its people, its clock, and the posts that are still to be written.

Times are whole milliseconds since the network's first midnight (:data:`START`); they are negative before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graph.model import scoped
from lockstep.demo import names
from lockstep.demo.draw import Draw, Ints
from lockstep.demo.files import Files
from lockstep.demo.phrases import LANGUAGES
from lockstep.demo.truth import PLATFORM, Group

START = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
NEVER = np.iinfo(np.int64).max
ACCOUNTS_A_SET = 10_000  # for each so many accounts there is one more of every scenario
RESERVED = 0.06  # of the accounts may be given to scenarios; crowds are drawn from the rest


def moment(at: int) -> datetime:
    """The instant of a network time."""
    return START + timedelta(milliseconds=at)


def stamp(at: int | None) -> str | None:
    """RFC 3339 with milliseconds."""
    return None if at is None else moment(at).isoformat(timespec="milliseconds")[:23] + "Z"


class Row(NamedTuple):
    """A post that waits to be written; sorts by time."""

    at: int
    post: str
    author: int
    kind: str
    parent: str | None
    text: str
    lang: str | None


class Move(NamedTuple):
    """A market move that a scenario asks for."""

    ticker: str
    at: int
    kind: str  # pump · crash · rally · listing
    height: float  # highest (or lowest) price over the price before, less one


@dataclass
class People:
    """All accounts, column by column, shape (size,)."""

    handle: list[str]
    key: list[str]  # id on the platform
    created: Ints  # ms
    until: Ints  # ms: does nothing from then on
    language: Ints  # index into LANGUAGES
    clock: Ints  # minutes from UTC
    rhythm: Ints  # index into background.RHYTHMS
    rate: NDArray[np.float64]  # ordinary posts a day
    followers: Ints
    verified: NDArray[np.bool_]
    attributes: dict[int, dict[str, Any]] = field(default_factory=dict)  # account → what its profile says

    @classmethod
    def draw(cls, draw: Draw, size: int, salt: int) -> People:
        """Ordinary people: heavy-tailed activity and fame, languages by share, clocks where they are spoken."""
        shares = np.cumsum(np.array([language.share for language in LANGUAGES]))
        language = draw.weighted(shares, size)
        spot = draw.uniform(size)
        clocks = [
            LANGUAGES[i].clocks[int(u * len(LANGUAGES[i].clocks))]
            for i, u in zip(language.tolist(), spot.tolist(), strict=True)
        ]
        age = draw.uniform(size)
        famous = draw.tail(size)
        return cls(
            handle=names.handles(draw, size),
            key=[names.opaque(i, salt) for i in range(size)],
            created=-(age * age * 2600 * DAY).astype(np.int64) - HOUR,
            until=np.full(size, NEVER),
            language=language,
            clock=np.array(clocks, dtype=np.int64),
            rhythm=draw.below(size, 3),
            rate=np.minimum(draw.tail(size, 0.065), 30.0),
            followers=np.minimum(famous * famous * 12, 3e6).astype(np.int64),
            verified=draw.uniform(size) < 0.02,
        )

    def set(self, index: int, **values: Any) -> None:
        """Change an account's columns; ``attributes`` are added to those it has."""
        for name, value in values.items():
            if name == "attributes":
                self.attributes[index] = {**self.attributes.get(index, {}), **value}
            else:
                getattr(self, name)[index] = value


class World:
    """Everything scenarios share.

    Scenarios take accounts (:meth:`recruit`, :meth:`crowd`), put posts into the time to come (:meth:`post`) and state
    what they planted (:meth:`plant`). Posts are written a day at a time (:meth:`take_day`), so that memory holds a day
    of ordinary posts and the scenarios' own, however long the network runs.
    """

    def __init__(self, files: Files, *, size: int, seed: int, days: int) -> None:
        self.files = files
        self.size = size
        self.town = min(size, ACCOUNTS_A_SET)  # what crowds are a share of
        self.seed = seed
        self.days = days
        self.end = days * DAY
        draw = Draw(seed, "people")
        self._salt = draw.integer(0, 1 << 32)
        self.people = People.draw(draw, size, self._salt)
        self.tickers = names.tickers()
        self.groups: list[Group] = []
        self.moves: list[Move] = []
        self.equipped: set[int] = set()  # accounts whose identifiers a scenario has given
        order = draw.order(size).tolist()
        reserved = max(170, int(size * RESERVED))
        self._free: list[int] = order[:reserved]
        joining = (size - reserved) // 12
        self.newcomers: list[int] = order[reserved : reserved + joining]  # join while the network runs; in no crowd
        self.ordinary: list[int] = order[reserved + joining :]
        self.people.created[self.newcomers] = draw.below(joining, self.end)
        self._posts = 0
        self._waiting: dict[int, list[Row]] = {}

    def day(self, share: float) -> int:
        """The midnight that lies at a share of the network's days."""
        return int(share * self.days) * DAY

    def recruit(self, count: int, **values: Any) -> list[int]:
        """Accounts of a scenario's own; ``values`` replace what was drawn for them."""
        taken = [self._free.pop() for _ in range(count)]
        for index in taken:
            self.people.set(index, **values)
        return taken

    def crowd(self, draw: Draw, count: int, language: int | None = None) -> list[int]:
        """Ordinary people (of one language, if given); they may belong to several crowds."""
        pool = self.ordinary
        if language is not None:
            spoken = self.people.language
            pool = [i for i in pool if spoken[i] == language]
        return draw.sample(pool, count)

    def post(
        self,
        author: int,
        at: float,
        text: str,
        *,
        kind: str = "post",
        parent: Row | None = None,
        lang: str | None = None,
    ) -> Row:
        """Put a post into the time to come; one beyond the network's end is never written."""
        when = int(at)
        if kind == "repost" and parent is not None:
            text = f"RT @{self.people.handle[parent.author]}: {parent.text}"
        if lang is None:
            lang = parent.lang if kind == "repost" and parent is not None else self.lang(author)
        self._posts += 1
        key = names.opaque(self._posts, self._salt)
        row = Row(when, key, author, kind, parent.post if parent else None, text, lang)
        if when < self.end:
            self._waiting.setdefault(when // DAY, []).append(row)
        return row

    def lang(self, account: int) -> str:
        """Language tag of an account."""
        return LANGUAGES[int(self.people.language[account])].tag

    def take_day(self, day: int) -> list[Row]:
        """All posts of a day in the order of their times; they are forgotten here."""
        return sorted(self._waiting.pop(day, []))

    def key(self, account: int) -> str:
        """Scoped key of an account."""
        return scoped(PLATFORM, self.people.key[account])

    def plant(
        self,
        id_: str,
        kind: str,
        members: list[int],
        posts: list[Row],
        why: str,
        *,
        flagged: bool = True,
        span: tuple[int, int] | None = None,
        hijacked: tuple[int, ...] = (),
        **more: Any,
    ) -> None:
        """State what a scenario has done; the span is that of its posts unless given."""
        seen = sorted(p for p in posts if p.at < self.end)
        start, end = span or (seen[0].at, seen[-1].at)
        group = Group(
            id=id_,
            kind=kind,
            members=tuple(sorted(self.key(m) for m in members)),
            why=why,
            start=moment(start),
            end=moment(end),
            posts=tuple(scoped(PLATFORM, p.post) for p in seen),
            hijacked=tuple(self.key(m) for m in hijacked),
            flagged=flagged,
            **more,
        )
        self.groups.append(group)

    # rows that are no posts

    def identifier(self, account: int, kind: str, value: str, first: int, last: int) -> None:
        """An account used a device, an address or a code."""
        self.equipped.add(account)
        self.files.write(
            "identifiers", [(PLATFORM, self.people.key[account], kind, value, stamp(first), stamp(min(last, self.end)))]
        )

    def transfer(self, source: str, target: str, at: int, amount: str, asset: str = "USDT") -> None:
        """A wallet paid another one."""
        draw = Draw(self.seed, "tx", source, target, at % (1 << 32))
        row = (PLATFORM, source, "wallet", target, "wallet", "demochain", stamp(at), asset, amount, draw.hex(32))
        self.files.write("transfers", [row])

    def interact(self, account: int, kind: str, target: str, at: int, target_type: str = "account") -> None:
        """An account liked, followed or viewed something."""
        self.files.write("interactions", [(PLATFORM, self.people.key[account], kind, target, target_type, stamp(at))])

    def label(self, account: int, label: str, source: str, at: int, ring: str | None = None) -> None:
        """A source said something of an account."""
        self.files.write("labels", [(PLATFORM, self.people.key[account], label, source, stamp(at), None, ring)])

    def state(self, account: int, state: str, at: int) -> None:
        """The platform changed an account's state."""
        self.files.write("account_states", [(PLATFORM, self.people.key[account], state, stamp(at))])

    def verdict(self, account: int, outcome: str, at: int, action: str, reversed_at: int | None = None) -> None:
        """Somebody decided about an account before this network was exported."""
        row = (self.key(account), outcome, stamp(at), "platform manipulation", action, stamp(reversed_at))
        self.files.write("verdicts", [row])

    def event(self, ticker: str, at: int, kind: str, source: str) -> None:
        """Something known to have happened to a ticker."""
        self.files.write("events", [(ticker, stamp(at), kind, source)])
