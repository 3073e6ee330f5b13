"""Ordinary people: when they post, what about, whom they repost, follow and like, and what they log in with."""

from __future__ import annotations

import numpy as np

from lockstep.demo import names, texts
from lockstep.demo.draw import Draw, Ints
from lockstep.demo.phrases import LANGUAGES, words
from lockstep.demo.truth import PLATFORM
from lockstep.demo.world import DAY, HOUR, MINUTE, SECOND, Row, World, stamp

# Weight of each local hour, midnight first: early risers, office workers, night owls, round the clock, three shifts.
RHYTHMS = (
    (1, 0, 0, 1, 3, 8, 14, 16, 14, 11, 9, 9, 12, 10, 8, 8, 9, 11, 12, 10, 8, 5, 3, 2),
    (3, 1, 1, 0, 0, 1, 3, 8, 12, 10, 8, 8, 14, 10, 8, 8, 9, 12, 14, 15, 16, 15, 11, 7),
    (14, 12, 9, 6, 3, 1, 0, 1, 2, 3, 5, 6, 8, 8, 7, 7, 8, 9, 10, 12, 14, 16, 17, 16),
    (1,) * 24,
    (0, 0, 0, 0, 0, 0, 10, 12, 12, 3, 11, 12, 10, 2, 11, 12, 11, 3, 10, 9, 0, 0, 0, 0),
)
ALWAYS, SHIFTS = 3, 4
_POOL = 3000  # yesterday's posts that people still answer

_TAGS = words(
    "crypto bitcoin DeFi NFTs altcoins Web3 trading staking onchain memecoins airdrops hodl BuidlWeek gas layer2 "
    "PriceWatch ChartTalk MondayMood nodes privacy mining stablecoins governance bridges art gaming music learning"
)
_SLUGS = words(
    "outlook upgrade vote outage record inflows delay report roadmap hearing partnership fees validators listing "
    "reserve audit lawsuit merger research survey"
)


def mentions(count: int) -> Ints:
    """Cumulated weights of tickers: 1/rank, the first a quarter more."""
    return zipf(count) + 250_000


def zipf(count: int) -> Ints:
    """Cumulated weights 1/rank, in whole millionths."""
    return np.cumsum(1_000_000 // np.arange(1, count + 1, dtype=np.int64)).astype(np.int64)


class Background:
    """Draws the ordinary posts of one day after the other.

    Parameters
    ----------
    world : World
        Where people are taken from and posts are put.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        draw = Draw(world.seed, "background")
        people = world.people
        self._ranks = mentions(len(world.tickers))
        self._favourites = draw.weighted(self._ranks, 3 * world.size).reshape(world.size, 3)
        self._activity = np.cumsum(people.rate)
        self._tags = zipf(len(_TAGS))
        self._pool: list[Row] = []
        self._fame = np.zeros(0)

    def day(self, day: int) -> None:
        """Draw and write one day: ordinary posts, cascades of reposts, likes, and what scenarios had waiting."""
        draw = Draw(self.world.seed, "day", day)
        articles = self._articles(day)
        made = [self._post(row, articles) for row in self._slots(draw, day)]
        self._cascades(draw, [r for r in made if r.kind == "post"])
        rows = self.world.take_day(day)
        self._write(draw, rows)
        self._likes(draw, rows)
        fresh = [r for r in rows if r.kind != "repost"]
        self._pool = [fresh[i] for i in sorted(draw.order(len(fresh))[:_POOL].tolist())]
        self._fame = np.cumsum(np.sqrt(self.world.people.followers[[r.author for r in self._pool]] + 1.0))

    def _slots(self, draw: Draw, day: int) -> list[tuple[int, int, list[float]]]:
        """Account, time and random numbers of every ordinary post of the day."""
        people, size = self.world.people, self.world.size
        mood = draw.uniform(size)
        weekend = 0.8 if day % 7 in {0, 6} else 1.06  # the first day is a Sunday
        counts = (people.rate * 3.0 * mood * mood * weekend + draw.uniform(size)).astype(np.int64)
        who = np.repeat(np.arange(size), counts)
        hours = np.zeros(len(who), dtype=np.int64)
        for index, weights in enumerate(RHYTHMS):
            mine = np.flatnonzero(people.rhythm[who] == index)
            hours[mine] = draw.weighted(np.cumsum(np.array(weights)), len(mine))
        minutes = (hours * 60 - people.clock[who]) % 1440
        at = day * DAY + ((minutes * MINUTE + draw.below(len(who), HOUR)) % DAY)
        keep = (at >= people.created[who]) & (at < people.until[who])
        grid = draw.grid(int(keep.sum()), 8 + texts.DRAWS)
        return list(zip(who[keep].tolist(), at[keep].tolist(), grid, strict=True))

    def _post(self, slot: tuple[int, int, list[float]], articles: list[str]) -> Row:
        author, at, u = slot
        language = LANGUAGES[int(self.world.people.language[author])]
        if u[0] > 0.68 and self._pool:
            parent = self._pool[int(np.searchsorted(self._fame, u[1] * self._fame[-1], side="right"))]
            if u[0] > 0.84:
                return self.world.post(author, at, "", kind="repost", parent=parent)
            kind = "reply" if u[0] < 0.79 else "quote"
            return self.world.post(author, at, texts.reply(language, u[8:]), kind=kind, parent=parent)
        text = texts.compose(language, u[8:], self._cashtags(author, u))
        if u[5] < 0.22:
            text += " " + self._link(u, articles)
        if u[6] < 0.18:
            text += " #" + _TAGS[int(np.searchsorted(self._tags, u[6] / 0.18 * self._tags[-1], side="right"))]
        return self.world.post(author, at, text)

    def _cashtags(self, author: int, u: list[float]) -> str:
        count = 0 if u[2] < 0.14 else 1 if u[2] < 0.88 else 2 if u[2] < 0.97 else 3
        chosen: list[int] = []
        for k in range(count):
            share = (u[3] * (k + 1) * 7.3) % 1.0
            if share < 0.4:
                rank = int(self._favourites[author, k])
            else:
                rank = int(np.searchsorted(self._ranks, (u[4] * (2 * k + 1)) % 1.0 * self._ranks[-1], side="right"))
            if rank not in chosen:
                chosen.append(rank)
        return " ".join("$" + self.world.tickers[r] for r in chosen)

    def _articles(self, day: int) -> list[str]:
        draw = Draw(self.world.seed, "news", day)
        return [
            f"https://{draw.pick(names.NEWS_HOSTS)}/2026/{draw.pick(names.NOUNS)}-{draw.pick(_SLUGS)}-{day}{k:02d}"
            for k in range(30)
        ]

    def _link(self, u: list[float], articles: list[str]) -> str:
        pick = u[5] / 0.22
        if pick < 0.25:
            host = names.BLOG_HOSTS[int(pick * 4 * len(names.BLOG_HOSTS))]
            return f"https://{host}/p/{int(u[7] * 1e9):09d}"
        link = articles[int(u[7] * u[7] * len(articles))]
        return link + "?utm_source=plaza" if pick > 0.8 else link

    def _cascades(self, draw: Draw, posts: list[Row]) -> None:
        """A few posts travel: people who are often here repost them, most within the hour."""
        world = self.world
        for number in draw.order(len(posts))[: len(posts) // 16].tolist():
            post = posts[number]
            size = min(int(float(draw.tail(1)[0])), max(8, world.size // 40))
            for who in draw.weighted(self._activity, size).tolist():
                at = post.at + 20 * SECOND + draw.delay(25 * MINUTE, 2 * DAY)
                if who != post.author and world.people.created[who] < post.at and at < world.people.until[who]:
                    world.post(who, at, "", kind="repost", parent=post)

    def _write(self, draw: Draw, rows: list[Row]) -> None:
        people = self.world.people
        reach = people.followers[[r.author for r in rows]]
        views = (reach * (0.02 + 0.4 * draw.uniform(len(rows)))).astype(np.int64) + draw.below(len(rows), 40)
        liked = (views * 0.03 * draw.uniform(len(rows))).astype(np.int64)
        counted = draw.uniform(len(rows)) < 0.3
        self.world.files.write(
            "posts",
            (
                (PLATFORM, r.post, people.key[r.author], stamp(r.at), r.kind, r.parent, r.text, r.lang)
                + ((v, k, k // 4) if c and r.kind != "repost" else (None, None, None))
                for r, v, k, c in zip(rows, views.tolist(), liked.tolist(), counted.tolist(), strict=True)
            ),
        )

    def _likes(self, draw: Draw, rows: list[Row]) -> None:
        posts = [r for r in rows if r.kind != "repost"]
        if not posts:
            return
        people = self.world.people
        fame = np.cumsum(np.sqrt(people.followers[[r.author for r in posts]] + 1.0))
        count = len(posts) // 2
        targets = draw.weighted(fame, count).tolist()
        who = draw.weighted(self._activity, count).tolist()
        made = []
        for account, target in zip(who, targets, strict=True):
            at = posts[target].at + 5 * SECOND + int(draw.delay(40 * MINUTE, 3 * DAY))
            if people.created[account] < at < min(int(people.until[account]), self.world.end):
                made.append((PLATFORM, people.key[account], "like", posts[target].post, "post", stamp(at)))
        self.world.files.write("interactions", made)
