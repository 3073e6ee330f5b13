"""Who named which coin when: posts as arrays, in the order in which they were published.

Whether a word is a coin's symbol is decided with what was known when it was posted. A symbol is *known* where a list,
the market data or a listing names it, or once two accounts have written it as ``$ADX`` or ``ADX/BTC``. A symbol is a
*word* where, up to the day before, it was written small more often than as a symbol: then ``SUB`` within a sentence is
none, while ``$SUB``, "the coin is SUB" and a post that says SUB and nothing else still are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from detectors.announcing.lexicon import LEXICONS
from detectors.announcing.symbols import Form, forms
from graph.store import View

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

DAY = 86_400_000_000  # microseconds, as all times here
VOUCHED = 2  # accounts that have to write a symbol as one before it is known
_LOWER = re.compile(r"(?<![A-Za-z0-9$#@/_.])[A-Za-z][a-z0-9]{1,9}(?![A-Za-z0-9])")
COLUMNS = ("post", "account", "created_at", "kind", "parent", "text", "lang", "tickers", "links")


@dataclass(frozen=True)
class Posts:
    """Posts by time, then key."""

    key: pa.Array  # of string
    at: Ints
    account: Ints  # codes into ``names``
    names: list[str]
    text: Ints  # codes into ``texts``
    texts: pa.Array  # distinct, "" among them
    repost: Flags
    parent: Ints  # codes of the posts reposted, -1: none
    links: list[list[str]]
    tickers: pa.ListArray
    unread: int  # posts in a language without a lexicon


@dataclass(frozen=True)
class Named:
    """One row for each coin that a post names, by time."""

    post: Ints  # row of Posts
    symbol: Ints  # codes into ``symbols``
    form: Ints  # Form
    coins: Ints  # how many coins the post names
    symbols: list[str]


def posts_of(view: View) -> Posts:
    """All posts of a view."""
    batches = list(view.scan("posts", columns=list(COLUMNS)))
    table = pa.Table.from_batches(batches) if batches else _empty()
    table = table.filter(pc.and_(pc.is_valid(table["created_at"]), pc.is_valid(table["account"])))
    table = table.sort_by([("created_at", "ascending"), ("post", "ascending")])
    account = pc.dictionary_encode(table["account"].combine_chunks())
    text = pc.dictionary_encode(pc.fill_null(table["text"].combine_chunks(), ""))
    repost = pc.equal(table["kind"].combine_chunks(), "repost")
    parent = pc.dictionary_encode(pc.if_else(repost, table["parent"].combine_chunks(), None))
    lang = pc.list_element(pc.split_pattern(pc.fill_null(table["lang"].combine_chunks(), "en"), "-"), 0)
    known = pa.array([*LEXICONS, "und", ""], pa.string())
    return Posts(
        key=table["post"].combine_chunks(),
        at=table["created_at"].combine_chunks().cast(pa.int64()).to_numpy(),
        account=account.indices.to_numpy().astype(np.int64),
        names=account.dictionary.to_pylist(),
        text=text.indices.to_numpy().astype(np.int64),
        texts=text.dictionary,
        repost=repost.to_numpy(zero_copy_only=False),
        parent=pc.fill_null(parent.indices, -1).to_numpy().astype(np.int64),
        links=table["links"].to_pylist(),
        tickers=table["tickers"].combine_chunks(),
        unread=pc.sum(pc.invert(pc.is_in(lang, known))).as_py() or 0,
    )


def _empty() -> pa.Table:
    from graph.schema import TABLES

    return TABLES["posts"].schema.empty_table().select(list(COLUMNS))


def named(posts: Posts, known: Collection[str] = ()) -> Named:
    """Coins that posts name."""
    post, symbol, form, symbols = _mentions(posts)
    taken = _taken(posts, (post, symbol, form), symbols, known)
    post, symbol, form = post[taken], symbol[taken], form[taken]
    return Named(post, symbol, form, np.bincount(post, minlength=len(posts.at))[post], symbols)


def _mentions(posts: Posts) -> tuple[Ints, Ints, Ints, list[str]]:
    """Every symbol that a post may name, by its strongest form."""
    by_text = forms(posts.texts)
    sizes = np.array([len(f) for f in by_text], np.int64)
    flat_symbol = pa.array([s for f in by_text for s, _ in f], pa.string())
    flat_form = np.array([int(m) for f in by_text for _, m in f], np.int64)
    begins = np.concatenate([[0], np.cumsum(sizes)])
    count = sizes[posts.text]
    post = np.repeat(np.arange(len(posts.at)), count)
    place = np.repeat(begins[posts.text], count) + np.arange(len(post)) - np.repeat(np.cumsum(count) - count, count)
    tagged_post = pc.list_parent_indices(posts.tickers).to_numpy().astype(np.int64)
    tagged = pc.list_flatten(posts.tickers)
    coded = pc.dictionary_encode(pa.concat_arrays([flat_symbol, tagged.cast(pa.string())]))
    codes = coded.indices.to_numpy().astype(np.int64)
    symbol = np.concatenate([codes[: len(flat_symbol)][place], codes[len(flat_symbol) :]])
    form = np.concatenate([flat_form[place], np.full(len(tagged_post), int(Form.CASH))])
    post = np.concatenate([post, tagged_post])
    order = np.lexsort((-form, symbol, post))
    post, symbol, form = post[order], symbol[order], form[order]
    first = np.ones(len(post), bool)
    first[1:] = (post[1:] != post[:-1]) | (symbol[1:] != symbol[:-1])
    return post[first], symbol[first], form[first], coded.dictionary.to_pylist()


def _taken(posts: Posts, mentions: tuple[Ints, Ints, Ints], symbols: list[str], known: Collection[str]) -> Flags:
    """Which of the mentions count as a coin's, with what was known at the time."""
    post, symbol, form = mentions
    at = posts.at[post]
    since = _known_since(posts, post, symbol, form, len(symbols))
    since[[i for i, s in enumerate(symbols) if s in set(known)]] = np.iinfo(np.int64).min
    is_known = at > since[symbol]
    word = _is_word(posts, post, symbol, form, symbols)
    strong = form >= Form.PAIR
    said = (form == Form.SAID) & (is_known | ~word)
    sole = (form == Form.SOLE) & is_known
    found: Flags = strong | said | sole | ((form < Form.SOLE) & is_known & ~word)
    return found


def _known_since(posts: Posts, post: Ints, symbol: Ints, form: Ints, count: int) -> Ints:
    """When the second account wrote each symbol as one."""
    since = np.full(count, np.iinfo(np.int64).max)
    sure = np.flatnonzero(form >= Form.PAIR)
    pairs, first = np.unique(symbol[sure] * (len(posts.names) + 1) + posts.account[post[sure]], return_index=True)
    when = posts.at[post[sure[first]]]  # rows are by time: the first of each account
    whose = pairs // (len(posts.names) + 1)
    order = np.lexsort((when, whose))
    whose, when = whose[order], when[order]
    rank = np.arange(len(whose)) - np.searchsorted(whose, whose)
    since[whose[rank == VOUCHED - 1]] = when[rank == VOUCHED - 1]
    return since


def _is_word(posts: Posts, post: Ints, symbol: Ints, form: Ints, symbols: list[str]) -> Flags:
    """Whether a mention's symbol had, up to the day before, been written as a word more often than as a symbol."""
    codes = {s.lower(): i for i, s in enumerate(symbols)}
    lists = [[codes[w] for w in {w.lower() for w in _LOWER.findall(t)} if w in codes] for t in posts.texts.to_pylist()]
    sizes = np.array([len(x) for x in lists], np.int64)
    flat = np.array([w for x in lists for w in x], np.int64)
    begins = np.cumsum(sizes) - sizes
    count = sizes[posts.text]
    place = np.repeat(begins[posts.text], count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    day = posts.at // DAY
    as_word = _before(flat[place], np.repeat(day, count), symbol, day[post])
    sure = (form >= Form.PAIR) | (form == Form.HASH)
    as_symbol = _before(symbol[sure], day[post[sure]], symbol, day[post])
    found: Flags = as_word > as_symbol
    return found


def _before(thing: Ints, day: Ints, asked: Ints, until: Ints) -> Ints:
    """How many of the things came, for each of those asked for, on days before."""
    wide = 1 << 20
    keys = np.sort(thing * wide + (day + wide // 2))
    found: Ints = np.searchsorted(keys, asked * wide + (until + wide // 2)) - np.searchsorted(keys, asked * wide)
    return found
