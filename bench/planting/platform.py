"""A platform of any size: posts, accounts, identifiers, transfers, follows and candles, with some groups planted.

For measuring time and memory, not for judging what is found: accounts, tickers, links and reposts are heavy-tailed,
days have a rhythm, texts are the authors' own but for some that everybody writes. Shilling rings, sybil rings and
pumps are planted so that detectors have something to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.market import write_market
from graph.schema import MARKET_TABLES, TABLES, TIME
from graph.store import Store

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1e6)
DAY = 86_400_000_000
HOUR, MINUTE = DAY // 24, DAY // 1440
WORDS = 4000
COMMON = 300  # texts that everybody writes
ROWS = 50_000  # of a batch
COMMIT = 200_000  # posts


@dataclass(frozen=True)
class Size:
    """How large it is.

    Attributes
    ----------
    posts : int
        Posts.
    days : float
        Over so many days.
    tickers : int
        Tickers that have candles of an hour; a tenth of them have candles of a minute for the days of a pump.
    rings, pumps : int
        Shilling rings, as many sybil rings, and pumps.
    """

    posts: int = 1_000_000
    days: float = 90.0
    tickers: int = 200
    rings: int = 20
    pumps: int = 10

    @property
    def accounts(self) -> int:
        """Accounts."""
        return max(self.posts // 20, 200)


class Platform:
    """One platform, made from a seed.

    Attributes
    ----------
    tables : mapping of str to pyarrow.Table
        Rows of the graph by table; posts in order of time.
    """

    def __init__(self, size: Size, seed: int) -> None:
        self.size, self._rng = size, np.random.default_rng(seed)
        self._words = self._made_words()
        self._pumps = self._pump_moments()
        planted = pa.concat_tables([self._rings(), self._pushed()])
        posts = pa.concat_tables([planted, self._crowd(max(size.posts - planted.num_rows, 100))])
        order = pc.sort_indices(posts, [("created_at", "ascending"), ("account", "ascending")])
        posts = posts.take(order)
        keys = pa.array([f"x:p{i:08}" for i in range(posts.num_rows)])
        posts = posts.set_column(posts.schema.get_field_index("post"), "post", keys)
        self.tables: Mapping[str, pa.Table] = {
            "posts": self._reposts(posts),
            "accounts": self._accounts(),
            "identifiers": self._identifiers(),
            "transfers": self._transfers(),
            "interactions": self._follows(),
        }

    def split(self, share: float) -> tuple[Mapping[str, pa.Table], Mapping[str, pa.Table]]:
        """What is loaded first, and the newest posts that come after it, ``share`` of the first."""
        posts = self.tables["posts"]
        first = round(posts.num_rows / (1 + share))  # not a period's end: the last one goes on
        return {**self.tables, "posts": posts.slice(0, first)}, {"posts": posts.slice(first)}

    def candles(self) -> Iterator[pa.RecordBatch]:
        """Candles of each ticker: of an hour for all, of a minute around pumps."""
        hours = round(self.size.days * 24)
        for ticker in range(self.size.tickers):
            rng = np.random.default_rng([7, ticker])
            yield _candles(rng, f"C{ticker}", "1h", START + np.arange(hours, dtype=np.int64) * HOUR, ())
        for ticker, moment in self._pumps:
            rng = np.random.default_rng([8, ticker])
            first = (moment // DAY - 2) * DAY
            minutes = first + np.arange(4 * 1440, dtype=np.int64) * MINUTE
            yield _candles(rng, f"C{ticker}", "1m", minutes, (moment,))

    def _made_words(self) -> pa.Array:
        rng = self._rng
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        return pa.array(["".join(rng.choice(letters, rng.integers(2, 9))) for _ in range(WORDS)])

    def _heavy(self, count: int, among: int, exponent: float) -> Ints:
        """Draws from 0 … among − 1, i with a weight of (i + 2)^−exponent."""
        weights = np.cumsum((np.arange(among) + 2.0) ** -exponent)
        found: Ints = np.searchsorted(weights, self._rng.random(count) * weights[-1]).astype(np.int64)
        return found

    def _moments(self, count: int) -> Ints:
        """Times with a rhythm of days and weeks."""
        at = self._rng.random(2 * count + 100) * self.size.days
        rate = 0.55 + 0.35 * np.sin(2 * np.pi * (at - 0.3)) + 0.1 * np.sin(2 * np.pi * at / 7)
        kept = at[self._rng.random(len(at)) < rate][:count]
        more = self._rng.random(count - len(kept)) * self.size.days
        return START + (np.concatenate([kept, more]) * DAY).astype(np.int64)

    def _texts(self, count: int) -> pa.Array:
        """Texts of the authors' own."""
        lengths = self._rng.integers(6, 15, count)
        words = self._words.take(pa.array(self._heavy(int(lengths.sum()), WORDS, 0.9)))
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), words), " ")

    def _crowd(self, count: int) -> pa.Table:
        """Posts of people who do not act together."""
        rng, size = self._rng, self.size
        at = np.sort(self._moments(count))
        news = np.sort(self._moments(max(count // 1000, 1)))  # a quarter of the posts follow something that happened
        follows = rng.random(count) < 0.25
        event = self._heavy(count, len(news), 0.5)
        event = rng.permutation(len(news))[event]
        at = np.where(follows, news[event] + (rng.exponential(20.0, count) * MINUTE).astype(np.int64), at)
        people = self._heavy(count, size.accounts, 0.7)
        texts = self._texts(count)
        common = self._texts(COMMON)
        copied = rng.random(count) < 0.03
        texts = pc.if_else(pa.array(copied), common.take(pa.array(self._heavy(count, COMMON, 0.8))), texts)
        tickers = self._heavy(count, size.tickers * 2, 1.0)
        tickers = np.where(follows, self._heavy(len(news), size.tickers * 2, 0.7)[event], tickers)
        has = rng.random(count)
        names = pa.array([f"C{i}" for i in range(size.tickers * 2)])
        pages = max(count // 15, 10)
        when = (at - START) / (size.days * DAY)
        # a page is shared around its day: an exponential time after it came out
        page = np.clip(((when - rng.exponential(0.01, count)) * pages).astype(np.int64), 0, pages - 1)
        popular = (page // 40) * 40 + self._heavy(count, 40, 1.1)
        popular = np.where(follows, self._heavy(len(news), pages, 0.3)[event], popular)
        linked = rng.random(count) < np.where(follows, 0.3, 0.1)
        urls = pa.array([f"https://site{i % 997}.example/{i}" for i in range(pages + 40)])
        return _posts(
            people,
            at,
            pc.if_else(
                pa.array(has < 0.6), pc.binary_join_element_wise(texts, names.take(pa.array(tickers)), " $"), texts
            ),
            _lists(names, tickers, has < 0.6),
            _lists(urls, popular, linked),
        )

    def _rings(self) -> pa.Table:
        """Rings that push a ticker together, in bursts of half a minute."""
        rng, parts = self._rng, []
        names = pa.array([f"C{i}" for i in range(self.size.tickers * 2)])
        for ring in range(self.size.rings):
            members = self.size.accounts + ring * 20 + np.arange(rng.integers(5, 15))
            ticker = int(rng.integers(self.size.tickers // 2, self.size.tickers))
            for burst in range(int(rng.integers(6, 12))):
                begin = START + int(rng.random() * self.size.days * DAY)
                who = members[rng.random(len(members)) < 0.85]
                text = f"do not sleep on $C{ticker} ring {ring} call {burst % 3}"
                url = pa.array([f"https://join{ring}.example/now"])
                parts.append(
                    _posts(
                        who,
                        begin + rng.integers(0, 30_000_000, len(who)),
                        pa.array([text] * len(who)),
                        _lists(names, np.full(len(who), ticker), np.ones(len(who), bool)),
                        _lists(url, np.zeros(len(who), np.int64), np.full(len(who), burst % 2 == 0)),
                    )
                )
        return pa.concat_tables(parts)

    def _pump_moments(self) -> list[tuple[int, int]]:
        """Ticker and moment of each pump."""
        tickers = self._rng.permutation(np.arange(self.size.tickers // 2, self.size.tickers))[: self.size.pumps]
        days = self._rng.integers(3, max(int(self.size.days) - 3, 4), len(tickers))
        return [(int(t), START + int(d) * DAY + 17 * HOUR) for t, d in zip(tickers, days, strict=True)]

    def _pushed(self) -> pa.Table:
        """Announcements of pumps, the call, and who follows it."""
        names = pa.array([f"C{i}" for i in range(self.size.tickers * 2)])
        parts = []
        for number, (ticker, moment) in enumerate(self._pumps):
            first = self.size.accounts + 20 * self.size.rings + 40 * number
            said = ["24 hours left until our pump", "1 hour left", "5 minutes left, be ready", "the coin is"]
            before = np.array([-24 * 60, -60, -5, 0], np.int64) * MINUTE
            for text, delay in zip(said, before, strict=True):
                who = first + np.arange(4)
                shown = [f"{text} ${names[ticker].as_py()}" if delay == 0 else text] * 4
                named = np.full(4, delay == 0)
                at = moment + delay + self._rng.integers(0, 20_000_000, 4)
                parts.append(_posts(who, at, pa.array(shown), _lists(names, np.full(4, ticker), named), _none(4)))
            who = first + np.arange(4, 24)
            at = moment + self._rng.integers(10_000_000, 600_000_000, len(who))
            texts = pa.array([f"${names[ticker].as_py()} to the moon, x10"] * len(who))
            every = np.ones(len(who), bool)
            parts.append(_posts(who, at, texts, _lists(names, np.full(len(who), ticker), every), _none(len(who))))
        return pa.concat_tables(parts)

    def _reposts(self, posts: pa.Table) -> pa.Table:
        """The posts, some of which are now reposts of earlier ones or replies to them."""
        rng, count = self._rng, posts.num_rows
        draw = rng.random(count)
        usual = np.where(rng.random(count) < 0.3, count / self.size.days / 400, count / self.size.days / 6)
        back = np.minimum((rng.exponential(1.0, count) * usual).astype(np.int64) + 1, np.arange(count))
        parent = np.arange(count) - back
        parent = np.maximum(parent // 25 * 25 + self._heavy(count, 25, 1.5), 0)
        parent = np.where(parent < np.arange(count), parent, np.maximum(np.arange(count) - 1, 0))
        people = pc.cast(pc.utf8_slice_codeunits(posts["account"].combine_chunks(), 3), pa.int64()).to_numpy()
        plain = (people >= self.size.accounts) | (np.arange(count) == 0)
        reposts, replies = (draw < 0.2) & ~plain, (draw >= 0.2) & (draw < 0.3) & ~plain
        kind = np.where(reposts, "repost", np.where(replies, "reply", "post"))
        key = posts["post"].combine_chunks().take(pa.array(parent))
        key = pc.if_else(pa.array(reposts | replies), key, pa.scalar(None, pa.string()))
        for name, column in (("kind", pa.array(kind)), ("parent", key)):
            posts = posts.set_column(posts.schema.get_field_index(name), pa.field(name, pa.string()), column)
        texts = pc.if_else(pa.array(reposts), pa.scalar(None, pa.string()), posts["text"])
        posts = posts.set_column(posts.schema.get_field_index("text"), "text", texts)
        empty = pa.scalar([], pa.list_(pa.string()))
        for name in ("tickers", "links"):
            column = pc.if_else(pa.array(reposts), empty, posts[name])
            posts = posts.set_column(posts.schema.get_field_index(name), name, column)
        return posts.cast(TABLES["posts"].schema)

    def _people(self) -> Ints:
        return np.arange(self.size.accounts + 20 * self.size.rings + 40 * self.size.pumps, dtype=np.int64)

    def _farm(self) -> Ints:
        """Which sybil ring an account is of; −1: none. They are the last of the crowd."""
        people = self._people()
        ring = (self.size.accounts - 1 - people) // 12
        return np.where((ring >= 0) & (ring < self.size.rings) & (people < self.size.accounts), ring, -1)

    def _accounts(self) -> pa.Table:
        rng, people, farm = self._rng, self._people(), self._farm()
        made = START - (rng.random(len(people)) * 1500 * DAY).astype(np.int64)
        made = np.where(farm >= 0, START - (farm + 2) * DAY + rng.integers(0, HOUR, len(people)), made)
        words = self._words.take(pa.array(rng.integers(0, WORDS, len(people)))).to_pylist()
        handles = [
            f"user_{f}_{i:04}" if f >= 0 else f"{w}{i % 89}"
            for i, (f, w) in enumerate(zip(farm.tolist(), words, strict=True))
        ]
        columns = {
            "account": _keys(people),
            "handle": pa.array(handles),
            "created_at": pa.array(made).cast(TIME),
            "verified": pa.array(rng.random(len(people)) < 0.02),
            "followers": pa.array((rng.pareto(1.2, len(people)) * 20).astype(np.int64)),
        }
        return _table("accounts", columns, len(people))

    def _identifiers(self) -> pa.Table:
        """A device each, networks that many share, and a device that each sybil ring shares."""
        rng, people, farm = self._rng, self._people(), self._farm()
        device = np.where(farm >= 0, 10_000_000 + farm, people)
        network = self._heavy(len(people), max(len(people) // 3, 1), 0.8)
        seen = START + (rng.random(2 * len(people)) * self.size.days * DAY).astype(np.int64)
        values = [*(f"d{v}" for v in device.tolist()), *(f"n{v}" for v in network.tolist())]
        columns = {
            "account": _keys(np.concatenate([people, people])),
            "kind": pa.array(["device"] * len(people) + ["ip"] * len(people)),
            "value": pa.array(values),
            "first_seen": pa.array(seen).cast(TIME),
        }
        return _table("identifiers", columns, 2 * len(people))

    def _transfers(self) -> pa.Table:
        """First deposits, mostly from exchanges; sybil rings are each funded by one wallet. And payments."""
        rng, people, farm = self._rng, self._people(), self._farm()
        exchange = self._heavy(len(people), 30, 0.7)
        source = [
            f"eth:0xf{f}" if f >= 0 else f"eth:0xe{e}" for f, e in zip(farm.tolist(), exchange.tolist(), strict=True)
        ]
        paid = self._heavy(len(people), len(people), 0.6)
        every = 2 * len(people)
        columns = {
            "transfer": pa.array([f"t{i}" for i in range(every)]),
            "source_type": pa.array(["wallet"] * len(people) + ["account"] * len(people)),
            "source": pa.array([*source, *_keys(people).to_pylist()]),
            "target_type": pa.array(["account"] * every),
            "target": _keys(np.concatenate([people, paid])),
            "at": pa.array(START + (rng.random(every) * self.size.days * DAY).astype(np.int64)).cast(TIME),
            "chain": pa.array(["eth"] * every),
            "asset": pa.array(["USDT"] * every),
            "amount": pa.array([f"{v:.2f}" for v in rng.exponential(50, every).tolist()]),
        }
        return _table("transfers", columns, every)

    def _follows(self) -> pa.Table:
        rng, people = self._rng, self._people()
        count = 6 * len(people)
        source, target = rng.integers(0, len(people), count), self._heavy(count, len(people), 0.8)
        at = START + (rng.random(count) * self.size.days * DAY).astype(np.int64)
        columns = {
            "interaction": pa.array([f"f{i}" for i in range(count)]),
            "account": _keys(source),
            "kind": pa.array(["follow"] * count),
            "target_type": pa.array(["account"] * count),
            "target": _keys(target),
            "at": pa.array(at).cast(TIME),
        }
        return _table("interactions", columns, count)


def load(store: Store, tables: Mapping[str, pa.Table]) -> None:
    """Write the rows, a few hundred thousand to a commit."""
    for name, table in tables.items():
        for start in range(0, table.num_rows, COMMIT):
            with store.writer() as writer:
                for batch in table.slice(start, COMMIT).combine_chunks().to_batches(ROWS):
                    writer.write(name, batch)


def load_market(store: Store, platform: Platform) -> None:
    """Write the candles."""
    with ThreadPoolExecutor(4) as pool:  # a file waits for the disk; one ticker's are written by one thread
        for _ in pool.map(lambda batch: write_market(store.data_dir, "candles", batch), platform.candles()):
            pass


def _keys(codes: Ints) -> pa.Array:
    return pc.binary_join_element_wise("x:a", pc.cast(pa.array(codes), pa.string()), "")


def _table(name: str, columns: Mapping[str, pa.Array], count: int) -> pa.Table:
    schema = TABLES[name].schema
    return pa.table([columns.get(f.name, pa.nulls(count, f.type)) for f in schema], schema=schema)


def _lists(values: pa.Array, codes: Ints, there: npt.NDArray[np.bool_]) -> pa.Array:
    """A list of one value where there is any, else an empty one."""
    offsets = np.concatenate([[0], np.cumsum(there)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values.take(pa.array(codes[there])))


def _none(count: int) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(np.zeros(count + 1, np.int32)), pa.array([], pa.string()))


def _posts(people: Ints, at: Ints, texts: pa.Array, tickers: pa.Array, links: pa.Array) -> pa.Table:
    count = len(people)
    columns = {
        "post": pa.nulls(count, pa.string()),
        "account": _keys(np.asarray(people, np.int64)),
        "created_at": pa.array(np.asarray(at, np.int64)).cast(TIME),
        "kind": pa.array(["post"] * count),
        "text": texts,
        "lang": pa.array(["en"] * count),
        "tickers": tickers,
        "links": links,
        "hashtags": _none(count),
    }
    schema = TABLES["posts"].schema
    plain = pa.schema([pa.field(f.name, f.type) for f in schema])
    return pa.table([columns.get(f.name, pa.nulls(count, f.type)) for f in plain], schema=plain)


def _candles(rng: np.random.Generator, base: str, interval: str, at: Ints, peaks: tuple[int, ...]) -> pa.RecordBatch:
    """A random walk with volumes; a pump raises both for ten minutes and falls back."""
    count = len(at)
    steps = rng.standard_normal(count) * 0.002
    volume = rng.lognormal(3.0, 0.7, count)
    for peak in peaks:
        since = (at - peak) / MINUTE
        rising, falling = (since >= 0) & (since < 4), (since >= 4) & (since < 14)
        steps = steps + np.where(rising, 0.08, np.where(falling, -0.03, 0.0))
        volume = volume * np.where(rising, 25.0, np.where(falling, 8.0, 1.0))
    close = np.exp(np.cumsum(steps))
    opened = np.concatenate([[1.0], close[:-1]])
    columns = {
        "venue": pa.array(["binance"] * count),
        "base": pa.array([base] * count),
        "quote": pa.array(["USDT"] * count),
        "interval": pa.array([interval] * count),
        "open_time": pa.array(at).cast(TIME),
        "open": pa.array(opened),
        "high": pa.array(np.maximum(opened, close) * 1.001),
        "low": pa.array(np.minimum(opened, close) * 0.999),
        "close": pa.array(close),
        "volume": pa.array(volume),
        "quote_volume": pa.array(volume * close),
        "trades": pa.array((volume * 3).astype(np.int64)),
    }
    schema = MARKET_TABLES["candles"].schema
    return pa.RecordBatch.from_arrays([columns.get(f.name, pa.nulls(count, f.type)) for f in schema], schema=schema)
