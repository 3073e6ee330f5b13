"""Accounts that repost, quote, answer and like the same posts, more than nearly all pairs do.

For each pair the surprises of the posts that both acted on are summed (:mod:`detectors.identity.ties`); posts on which
many act say nothing and are left out. How rare a sum is, is its rank among *all* pairs of accounts: fans of one singer
have large sums too, and being one of many such pairs is then no surprise. The layer supports what identity says; alone
it founds nothing here (``shilling`` looks at acting together for its own sake).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa

from detectors.coaction.actions import ACTIONS
from detectors.identity.people import Longs, People
from detectors.identity.ties import SUPPORT, Together
from graph.projection import events
from graph.store import View

ACTED = ("co_repost", "co_quote", "co_reply", "co_like")
CROWD = 40  # accounts on one post from which it says nothing of two of them
LEAST = 2  # posts that a pair has in common
PAIRS = 2_000_000  # meetings looked at; beyond, the posts with most accounts are left out


def acting(view: View, known: People, start: datetime | None = None, end: datetime | None = None) -> list[Together]:
    """The layer; none where nobody acts on posts."""
    tables = [events(view, ACTIONS[a].trace, start=start, end=end) for a in ACTED]
    user, thing = _acts(tables, known)
    if not len(user):
        return []
    activity = np.bincount(user, minlength=known.count).astype(float)
    degree = np.bincount(thing).astype(np.int64)
    sizes = np.sort(degree[(degree >= 2) & (degree <= CROWD)])
    within = sizes[np.cumsum(sizes * (sizes - 1) // 2) <= PAIRS]
    largest = int(within[-1]) if len(within) else 0
    left_out = largest < min(CROWD, int(degree.max()))
    limits = (f"acting: posts on which more than {largest} accounts act were left out",) if left_out else ()
    first, second, on = _meetings(user, thing, degree, largest)
    rate = degree[on].astype(float) * (degree[on] - 1) / len(user) ** 2 * activity[first] * activity[second]
    keys = np.minimum(first, second) * known.count + np.maximum(first, second)
    unique, place = np.unique(keys, return_inverse=True)
    total = np.round(np.bincount(place, -np.log(-np.expm1(-rate)), len(unique)), 6)
    shared = np.bincount(place, minlength=len(unique))
    kept = shared >= LEAST
    unique, total, shared = unique[kept], total[kept], shared[kept]
    every = known.count * (known.count - 1) / 2
    rank = len(total) - np.searchsorted(np.sort(total), total)
    rarity = np.minimum(-np.log(rank / every), SUPPORT)
    source, target = np.divmod(unique, known.count)
    return [
        Together(
            "acting",
            source.astype(np.int32),
            target.astype(np.int32),
            rarity,
            shared.astype(np.int64),
            np.unique(user).astype(np.int32),
            limits,
        )
    ]


def _acts(tables: Sequence[pa.Table], known: People) -> tuple[Longs, Longs]:
    """Accounts and the posts that they acted on, in whatever way, each pair once."""
    users, things = [], []
    for table in tables:
        if table.num_rows:
            actor, thing = table["actor"].combine_chunks(), table["object"].combine_chunks()
            users.append(known.codes(actor.dictionary)[actor.indices.to_numpy()])
            names = pa.array([t.removeprefix("post/") for t in thing.dictionary.to_pylist()], pa.string())
            things.append(names.take(thing.indices))
    if not users:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    coded = pa.chunked_array(things).dictionary_encode().combine_chunks()
    user = np.concatenate(users).astype(np.int64)
    thing = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    kept = user >= 0
    rows = np.unique(np.stack([thing[kept], user[kept]]), axis=1)
    return rows[1], rows[0]


def _meetings(user: Longs, thing: Longs, degree: Longs, largest: int) -> tuple[Longs, Longs, Longs]:
    """Pairs of accounts on one post; rows are sorted by post."""
    chosen = (degree[thing] >= 2) & (degree[thing] <= largest)
    user, thing = user[chosen], thing[chosen]
    bounds = np.flatnonzero(np.diff(thing, prepend=-1, append=-1))
    after = np.repeat(bounds[1:], np.diff(bounds)) - np.arange(len(user)) - 1  # later rows on the same post
    first = np.repeat(np.arange(len(user)), after)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(after) - after, after)
    return user[first], user[second], thing[first]
