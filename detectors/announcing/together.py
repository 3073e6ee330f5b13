"""Pushes without an announcement: who names a coin together had met before, over another coin or on another day.

A crowd gathers on a coin once, because of what happened; accounts that one hand moves gather again and again. So a
burst is looked at where it is rare for its coin (Poisson, from the coin's last week), and what counts in it are the
accounts that had met one another before, each text that several of them share and each post that several repost
counting once; or else the accounts that posted one text, word for word but for numbers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.announcing import cues
from detectors.announcing.rule import HALF, LEAST, WAIT, WEEK, Read
from detectors.announcing.windows import HOUR, MINUTE, Flags, Floats, Ints

NEAR = 5 * MINUTE
EARLIER = HOUR  # a meeting of the same burst is none before
SEVERAL = 3  # coins, days or half hours on which accounts had met
RARE = 1e-6  # chance of a burst: a thousand coins looked at in each window of a season make as many windows
LOOKED = 64  # rows before each one in which meetings are looked for
MOST = 60  # accounts of a burst that are looked at


@dataclass(frozen=True)
class Burst:
    """What a burst's accounts have in common."""

    accounts: int
    independent: int  # with each text and each post reposted counted once
    acquainted: int  # independent ones that had met another of the burst on several occasions
    copies: int  # accounts that posted one text


@dataclass(frozen=True)
class Meetings:
    """When accounts named a coin within five minutes of each other, known by pair and half hour."""

    read: Read
    templates: Ints = field(repr=False)  # of each text: which texts are one but for numbers

    @classmethod
    def of(cls, read: Read) -> Meetings:
        """Those of all rows that name few coins."""
        return cls(read, templates(read.posts.texts))

    @cached_property
    def met(self) -> Ints:
        """Sorted keys: pair of accounts, then minute."""
        from detectors.announcing.kernels import met

        read = self.read
        order = read.groups.order
        keep = read.focused[order]
        counts = np.concatenate([[0], np.cumsum(keep)])
        begins, rows = counts[read.groups.begins], order[keep]
        at, who, wide = read.at[rows], read.account[rows], len(read.posts.names)
        none = np.empty(0, np.int64)
        found = met(begins, at, who, NEAR, LOOKED, none, none, wide)
        pairs, when = np.empty(found, np.int64), np.empty(found, np.int64)
        met(begins, at, who, NEAR, LOOKED, pairs, when, wide)
        return (
            np.unique(np.column_stack([pairs, when // (30 * MINUTE)]), axis=0) if found else np.empty((0, 2), np.int64)
        )

    @cached_property
    def _acquainted(self) -> tuple[Ints, Ints]:
        """Sorted pairs of accounts that met in several half hours, and the last of the first few."""
        pairs, begins, counts = np.unique(self.met[:, 0], return_index=True, return_counts=True)
        often = counts >= SEVERAL
        return pairs[often], self.met[begins[often] + SEVERAL - 1, 1]

    def acquainted(self, accounts: Ints, when: int) -> int:
        """How many of some accounts had met another of them in several half hours before that time."""
        from detectors.announcing.kernels import acquainted

        return int(acquainted(accounts, *self._acquainted, when // (30 * MINUTE), len(self.read.posts.names)))

    def window(self, row: int, back: int = NEAR) -> Ints:
        """Rows of a row's coin in the window that an alert on it looks at, by time."""
        read = self.read
        symbol, at = read.named.symbol[row], int(read.at[row])
        group = read.groups.order[read.groups.begins[symbol] : read.groups.begins[symbol + 1]]
        times = read.at[group]
        low, high = np.searchsorted(times, at - back, "right"), np.searchsorted(times, at + WAIT, "right")
        return group[low:high]

    def burst(self, rows: Ints, when: int) -> Burst:
        """What the accounts of some rows have in common, as known at that time."""
        posts = self.read.posts
        first: dict[int, int] = {}  # account → the post by which it named the coin
        for row in rows.tolist():
            first.setdefault(int(self.read.account[row]), int(self.read.named.post[row]))
        chosen = list(first.items())[:MOST]
        sources = [self._source(post) for _, post in chosen]
        own = [s for s, (_, post) in zip(sources, chosen, strict=True) if not posts.repost[post] and s[0] == "text"]
        copies = max(Counter(own).values(), default=0)
        heads = list({source: a for source, (a, _) in zip(sources[::-1], chosen[::-1], strict=True)}.values())
        acquainted = self.acquainted(np.array(heads, np.int64), when - EARLIER)
        return Burst(len(first), len(heads), acquainted, copies if copies > 1 else 0)

    def _source(self, post: int) -> tuple[str, int]:
        posts = self.read.posts
        if posts.parent[post] >= 0:
            return "post", int(posts.parent[post])
        template = int(self.templates[posts.text[post]])
        return ("text", template) if template >= 0 else ("own", post)


def templates(texts: pa.Array) -> Ints:
    """Of each text, the number of its words without digits and links; -1 where fewer than three are left."""
    words = cues.worded(cues.folded(texts))
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(words, r"[\pN%]+ ?", ""))
    coded = pc.dictionary_encode(plain)
    enough = pc.greater_equal(pc.count_substring(plain, " "), 2).to_numpy(zero_copy_only=False)
    return np.where(enough, coded.indices.to_numpy(), -1).astype(np.int64)


def rare(read: Read, many: Ints) -> Flags:
    """Which rows' bursts of that many accounts chance hardly brings to a coin as common as theirs."""
    from scipy.special import gammainc

    expected = (read.week + 1.0) * (NEAR + WAIT) / WEEK
    chance = gammainc(np.maximum(many, 1), expected)  # P(Poisson ≥ many)
    found: Flags = (many >= LEAST) & (chance < RARE)
    return found


def scores(read: Read, meetings: Meetings) -> Floats:
    """Score of each row as a push without an announcement, 0 where it is none."""
    _, many = read.summed(read.focused.astype(np.float64), NEAR)
    out = np.zeros(len(many))
    for row in np.flatnonzero(rare(read, many)).tolist():
        rows = meetings.window(row)
        burst = meetings.burst(rows[read.focused[rows]], int(read.at[row]))
        strength = max(burst.acquainted, burst.copies)
        if burst.accounts >= LEAST and strength >= LEAST:
            out[row] = HALF * min(strength / burst.accounts, 1.0) * read.rare[row]
    return out


def rumours(read: Read) -> tuple[Floats, Floats]:
    """Score of each row as a rumour, and its points: a post has two of hearsay, failure and a call to leave."""
    said = read.said("rumour").astype(int) + read.said("failing") + read.said("leave")
    points = ((said >= 2) & read.focused).astype(np.float64)
    _, many = read.summed(points, 20 * MINUTE)
    score: Floats = np.where(many >= LEAST, HALF * many / (many + 1) * read.rare, 0.0)
    return score, points
