"""What ties pairs of accounts, how rare that is, and what chance would bring.

A *layer* is a table of memberships: accounts belong to groups (the users of one device, the accounts made in one
burst, those paid by one wallet …), most of them to groups of one. Dealt out anew with all degrees kept, two accounts
with n_u and n_v memberships of M would meet in groups of at most d members about λ = n_u n_v Σ_{d_o ≤ d} 2 m_o / M²
times, m_o being the pairs that meet in group o; the *surprise* of their meeting in a group of d is S = −ln(1 − exp(−λ))
nats: much for an address of four, little for one of 40,000, and less where many groups are as small. Surprises
are summed over groups and layers. The null that the sums are held against deals every layer out anew, each on its own
(:func:`dealt`): groups keep their sizes and times, accounts their numbers of memberships, and what falls away is that
*the same* accounts meet again and again. A pair that shares one thing therefore never stands out: somebody must.

Behaviour is another kind of layer: pairs that acted together, each with the rarity of its score among all pairs. Here
accounts change places as a whole, so that circles of friends stay circles of friends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from detectors.identity.people import Bools, Floats, Ints, Longs
from graph.model import NodeRef

LARGEST = 300
"""Members up to which a group's pairs are looked at; the users of something larger are no ring for that alone."""
PAIRS = 600_000
"""Pairs of one layer, at most: the largest groups are left out beyond, and it is said."""
MAKING = ("births", "handles", "profiles")
"""Layers of how accounts were made."""
SUPPORT = 7.0
"""Nats that acting together adds at most: friends do so too, so it supports what identity says and founds nothing."""


@dataclass(frozen=True, slots=True)
class Group:
    """What some accounts have in common.

    Parameters
    ----------
    kind : str
        ``device``, ``ip``, ``burst``, ``handle`` …
    label : str
        As a sentence has it, without personal values.
    nodes : tuple of NodeRef
        What an analyst can open.
    hand : bool
        Whether it is of one hand (a device, a wallet), and not of a place or a network that strangers share.
    detail : str
        More about it.
    expected, p_value : float, optional
        Where the signal says itself what chance brings: members of such a group, and how likely as many are.
    """

    kind: str
    label: str
    nodes: tuple[NodeRef, ...] = ()
    hand: bool = False
    detail: str = ""
    expected: float | None = None
    p_value: float | None = None


@dataclass(frozen=True, eq=False)
class Shared:
    """A layer of memberships.

    Parameters
    ----------
    name : str
        The signal's name.
    user, group : ndarray of int32, shape (n_rows,)
        Account codes, and places in ``groups`` (for groups of one: any other numbers); rows sorted by both.
    groups : list of Group
        Groups of two and more.
    apart : tuple of ndarray or None
        First and last use of each row, µs, where a group's members count as together only if their uses overlap.
    limits : tuple of str
        What was left out.
    """

    name: str
    user: Ints
    group: Longs
    groups: list[Group]
    apart: tuple[Longs, Longs] | None = None
    limits: tuple[str, ...] = ()

    @cached_property
    def degree(self) -> Longs:
        """Members of each of ``groups``; shape (n_groups,)."""
        real = self.group[self.group < len(self.groups)]
        return np.bincount(real, minlength=len(self.groups)).astype(np.int64)

    @cached_property
    def activity(self) -> Longs:
        """Memberships of each account."""
        return np.bincount(self.user).astype(np.int64)

    @cached_property
    def rows(self) -> tuple[Longs, Longs, Longs]:
        """Pairs of rows that meet, and the group of each: shape (n_pairs,) each."""
        order, bounds = self._by_group
        chosen = np.flatnonzero((self.degree >= 2) & (self.degree <= self.largest))
        parts = []
        for g in chosen:
            mine = order[bounds[g] : bounds[g + 1]]
            i, j = np.triu_indices(len(mine), 1)
            parts.append(np.stack([mine[i], mine[j], np.full(len(i), g)]))
        first, second, group = np.concatenate([np.empty((3, 0), np.int64), *parts], axis=1).astype(np.int64)
        if self.apart is not None:
            begin, end = self.apart
            kept = (begin[first] <= end[second]) & (begin[second] <= end[first])
            first, second, group = first[kept], second[kept], group[kept]
        return first, second, group

    @cached_property
    def largest(self) -> int:
        """Members of the largest group whose pairs are looked at."""
        sizes = np.sort(self.degree[self.degree <= LARGEST])
        budget = np.cumsum(sizes * (sizes - 1) // 2)
        within = sizes[budget <= PAIRS]
        over = sizes[budget > PAIRS]
        return int(over[0]) - 1 if len(over) else int(within[-1]) if len(within) else 0

    @cached_property
    def _base(self) -> Floats:
        met = np.bincount(self.degree[self.rows[2]], minlength=2)  # pairs in groups of each size
        rarer: Floats = 2 * np.cumsum(met)[self.degree[self.rows[2]]] / max(len(self.user), 1) ** 2
        return rarer

    @cached_property
    def _by_group(self) -> tuple[Longs, Longs]:
        order = np.argsort(self.group, kind="stable")
        return order, np.searchsorted(self.group[order], np.arange(len(self.groups) + 1))

    @cached_property
    def _by_user(self) -> tuple[Longs, Longs]:
        order = np.argsort(self.user, kind="stable")
        return order, np.searchsorted(self.user[order], np.arange(int(self.user.max(initial=-1)) + 2))

    def rows_in(self, group: int) -> Longs:
        """Places of a group's rows."""
        order, bounds = self._by_group
        return order[bounds[group] : bounds[group + 1]]

    def rows_of(self, codes: Ints) -> Longs:
        """Places of the rows by which accounts are in groups of two and more."""
        order, bounds = self._by_user
        slices = [order[bounds[c] : bounds[c + 1]] for c in codes[codes < len(bounds) - 1].tolist()]
        rows = np.concatenate([np.empty(0, np.int64), *slices])
        found: Longs = rows[self.group[rows] < len(self.groups)]
        return found

    def members(self, group: int) -> Ints:
        """Sorted codes of a group's members."""
        found: Ints = np.unique(self.user[self.rows_in(group)])
        return found

    def rate(self, group: int) -> float:
        """Chance that two memberships meet in a group of at most this one's size."""
        met = np.bincount(self.degree[self.rows[2]], minlength=2)
        return float(2 * met[: int(self.degree[group]) + 1].sum() / max(len(self.user), 1) ** 2)

    def surprise(self, user: Ints) -> Floats:
        """Nats of each pair of rows, were the rows these accounts'."""
        active = self.activity[user].astype(float)
        rate = self._base * active[self.rows[0]] * active[self.rows[1]]
        found: Floats = -np.log(-np.expm1(-np.maximum(rate, 1e-300)))
        return found

    def pairs(self, count: int, generator: np.random.Generator | None = None) -> tuple[Longs, Floats]:
        """Pairs of accounts (u · count + v, u < v) and their surprise, group by group; dealt out anew if asked."""
        if generator is None:
            key, kept = _keys(self.user[self.rows[0]], self.user[self.rows[1]], count)
            return key, self.surprise(self.user)[kept]
        user = generator.permutation(self.user)
        key, kept = _keys(user[self.rows[0]], user[self.rows[1]], count)
        twice = self._twice(user)
        once = ~(twice[self.rows[0][kept]] | twice[self.rows[1][kept]])
        return key[once], self.surprise(user)[kept[once]]

    def _twice(self, user: Ints) -> Bools:
        """Rows by which an account comes into a group again: it is a member once."""
        found = np.zeros(len(user), bool)
        rows = np.flatnonzero(self.group < len(self.groups))
        key = self.group[rows] * (int(user.max(initial=0)) + 1) + user[rows]
        order = np.argsort(key, kind="stable")
        found[rows[order[1:][np.diff(key[order]) == 0]]] = True
        return found


@dataclass(frozen=True, eq=False)
class Together:
    """A layer of pairs that acted together, with the rarity of how much they did.

    Parameters
    ----------
    name : str
        The signal's name.
    source, target : ndarray of int32, shape (n_pairs,)
        Account codes.
    rarity : ndarray of float64, shape (n_pairs,)
        −ln of the share of all pairs that did so at least as much, at most :data:`SUPPORT`.
    shared : ndarray of int64, shape (n_pairs,)
        Things that both acted on.
    active : ndarray of int32
        Accounts that act at all: those that change places.
    """

    name: str
    source: Ints
    target: Ints
    rarity: Floats
    shared: Longs
    active: Ints
    limits: tuple[str, ...] = ()

    def pairs(self, count: int, generator: np.random.Generator | None = None) -> tuple[Longs, Floats]:
        """As :meth:`Shared.pairs` has it; accounts change places as a whole."""
        place = np.arange(count, dtype=np.int64)
        if generator is not None:
            place[self.active] = generator.permutation(self.active)
        key, kept = _keys(place[self.source], place[self.target], count)
        return key, self.rarity[kept]


Layer = Shared | Together


@dataclass(frozen=True, eq=False)
class Edges:
    """Tied pairs, sorted.

    Parameters
    ----------
    source, target : ndarray of int32, shape (n_edges,)
        Account codes, the lesser first.
    surprise : ndarray of float64, shape (n_edges,)
        Nats, summed over layers.
    """

    source: Ints
    target: Ints
    surprise: Floats

    def above(self, least: float) -> Edges:
        """Those of more surprise than this."""
        kept = self.surprise > least
        return Edges(self.source[kept], self.target[kept], self.surprise[kept])

    def among(self, codes: Ints) -> Edges:
        """Those between accounts of a (sorted) group."""
        kept = np.isin(self.source, codes) & np.isin(self.target, codes)
        return Edges(self.source[kept], self.target[kept], self.surprise[kept])

    def touching(self, codes: Ints) -> Edges:
        """Those with exactly one end in a group."""
        kept = np.isin(self.source, codes) ^ np.isin(self.target, codes)
        return Edges(self.source[kept], self.target[kept], self.surprise[kept])


@dataclass(frozen=True, eq=False)
class Layers:
    """All layers over the same accounts."""

    count: int
    layers: Sequence[Layer]
    limits: tuple[str, ...] = field(default=())

    @property
    def floor(self) -> float:
        """Nats that a tie has at least: it is rarer than one account in all."""
        return float(np.log(max(self.count, 1)))

    def edges(self, generator: np.random.Generator | None = None) -> Edges:
        """Every pair that shares anything; of a dataset dealt out by chance, if a generator is given.

        Of the latter, pairs that share one thing of no more surprise than :attr:`floor` are left out.
        """
        founding = [layer.pairs(self.count, generator) for layer in self.layers if isinstance(layer, Shared)]
        acting = [layer.pairs(self.count, generator) for layer in self.layers if isinstance(layer, Together)]
        keys = np.concatenate([np.empty(0, np.int64), *(k for k, _ in founding)])
        surprise = np.concatenate([np.empty(0), *(s for _, s in founding)])
        if generator is not None:
            kept = (surprise > self.floor) | _again(keys, [k for k, _ in acting])
            keys, surprise = keys[kept], surprise[kept]
        if not len(keys):
            return Edges(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
        unique, place = np.unique(keys, return_inverse=True)
        total = np.bincount(place, surprise, len(unique))
        for key, rarity in acting:  # only where identity speaks as well
            at = np.minimum(np.searchsorted(unique, key), len(unique) - 1)
            hit = unique[at] == key
            np.add.at(total, at[hit], rarity[hit])
        source, target = np.divmod(unique, self.count)
        return Edges(source.astype(np.int32), target.astype(np.int32), np.round(total, 6))

    def parts(self, edges: Edges) -> Floats:
        """What each layer adds to the surprise of some edges; shape (n_edges, n_layers)."""
        found = np.zeros((len(edges.source), len(self.layers)))
        wanted = edges.source.astype(np.int64) * self.count + edges.target
        if len(wanted):
            for number, layer in enumerate(self.layers):
                key, surprise = layer.pairs(self.count)
                at = np.minimum(np.searchsorted(wanted, key), len(wanted) - 1)
                hit = wanted[at] == key
                np.add.at(found[:, number], at[hit], surprise[hit])
        return found


def dealt(layers: Layers, draws: int, seed: int) -> list[Edges]:
    """Edges of so many datasets dealt out by chance."""
    return [layers.edges(np.random.default_rng([seed, b])) for b in range(draws)]


def _again(keys: Longs, others: Sequence[Longs]) -> Bools:
    """Keys that may come again, among themselves or in others: by a part of them, so that a few more are kept."""
    mask = (1 << max(len(keys), 1).bit_length() + 2) - 1
    times = np.bincount(keys & mask, minlength=mask + 1)
    for other in others:
        times[other & mask] += 1
    found: Bools = times[keys & mask] > 1
    return found


def _keys(u: Ints | Longs, v: Ints | Longs, count: int) -> tuple[Longs, Longs]:
    """Keys of pairs of different accounts, and which those are."""
    low, high = np.minimum(u, v).astype(np.int64), np.maximum(u, v).astype(np.int64)
    kept = np.flatnonzero(low != high)
    return low[kept] * count + high[kept], kept
