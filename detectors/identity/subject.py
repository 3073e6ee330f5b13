"""A ring of one hand as it is measured: what its accounts share, layer by layer, and with whom else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detectors.coaction.null import tail
from detectors.identity.births import HOUR
from detectors.identity.growth import FoundRing
from detectors.identity.identifiers import ALWAYS
from detectors.identity.people import UNDATED, Ints, Longs
from detectors.identity.reading import Signals
from detectors.identity.rings import Found
from detectors.identity.ties import MAKING, Shared
from graph.model import Account

SEVERAL = 3  # accounts of one template or payer that tell of one hand; two have as much in common by chance
BEYOND = 1e-3  # p up to which acting together is more than that of people who share an address
MONEY = ("funding", "wallet")


@dataclass(frozen=True, eq=False)
class Tie:
    """A group that accounts of a ring have in common.

    Parameters
    ----------
    layer : Shared
        Its layer.
    group : int
        Its place in the layer.
    codes : ndarray of int32
        Accounts of the ring in it, sorted.
    """

    layer: Shared
    group: int
    codes: Ints

    @property
    def others(self) -> int:
        """Accounts in it that are not of the ring."""
        return int(self.layer.degree[self.group]) - len(self.codes)

    @property
    def family(self) -> str:
        """What it is a kind of: identifiers, making, money."""
        return "making" if self.layer.name in MAKING else "money" if self.layer.name in MONEY else "identifiers"


@dataclass(frozen=True, eq=False)
class Subject:
    """One ring and all that is known of it."""

    ring: FoundRing
    found: Found
    signals: Signals

    @property
    def codes(self) -> Ints:
        """Sorted account codes."""
        return self.ring.codes

    @cached_property
    def members(self) -> list[str]:
        """Account keys, by code."""
        return self.signals.names(self.codes)

    @cached_property
    def ties(self) -> list[Tie]:
        """Groups that at least two of them belong to, by layer and group."""
        found = []
        for layer in self.signals.layers.layers:
            if isinstance(layer, Shared):
                mine = layer.rows_of(self.codes)
                for g in np.unique(layer.group[mine]):
                    users = np.unique(layer.user[mine[layer.group[mine] == g]])
                    if len(users) > 1 and self._met(layer, int(g), users):
                        found.append(Tie(layer, int(g), users))
        return found

    def _met(self, layer: Shared, group: int, users: Ints) -> bool:
        """Whether any two of them used it at one time, where that counts."""
        if layer.apart is None:
            return True
        rows = layer.rows_in(group)
        rows = rows[np.isin(layer.user[rows], users)]
        begin, end = layer.apart[0][rows], layer.apart[1][rows]
        order = np.argsort(begin, kind="stable")
        return bool((begin[order][1:] <= np.maximum.accumulate(end[order])[:-1]).any())

    def share(self, ties: list[Tie]) -> float:
        """Part of the ring that some of its ties hold."""
        held = np.unique(np.concatenate([np.empty(0, np.int32), *(t.codes for t in ties)]))
        return len(held) / len(self.codes)

    @cached_property
    def telling(self) -> list[Tie]:
        """Ties that chance would not bring this ring: expected members of the group at most half of those seen."""
        return [t for t in self.ties if self.expected(t) <= len(t.codes) / 2 and len(t.codes) >= self._most(t)]

    def _most(self, tie: Tie) -> float:
        """Of handles and bursts, pairs say nothing in a large ring."""
        return max(2.0, len(self.ring.core) / 2) if tie.family == "making" else 2.0

    def expected(self, tie: Tie) -> float:
        """Accounts of the ring in the group, were memberships dealt out anew."""
        told = tie.layer.groups[tie.group].expected
        if told is not None:
            return told
        active = tie.layer.activity
        mine = self.codes[self.codes < len(active)]
        return float(tie.layer.degree[tie.group] * active[mine].sum() / max(len(tie.layer.user), 1))

    @cached_property
    def families(self) -> set[str]:
        """Kinds of telling ties, and ``acting`` where members act together beyond chance."""
        found = {t.family for t in self.telling}
        seen, expected = self.acting
        beyond = 2 * seen >= len(self.codes) and seen > 2 * expected and tail(seen, expected) <= BEYOND
        return found | ({"acting"} if beyond else set())

    @cached_property
    def control(self) -> list[str]:
        """What one hand leaves and people who know each other do not: in words, for at least half of those found."""
        core = np.array(sorted(self.ring.core), np.int32)
        known, alone = (a[core] for a in self.signals.owning)
        hand = [t for t in self.telling if t.family == "identifiers" and t.layer.groups[t.group].hand]
        bare = core[known & ~alone]
        held = np.unique(np.concatenate([np.empty(0, np.int32), *(np.intersect1d(t.codes, bare) for t in hand)]))
        found = ["devices, none of its own"] if 2 * len(held) >= len(core) else []
        for family, said in (("money", "money"), ("making", "how they were made")):
            mine = [t for t in self.telling if t.family == family and t.others <= len(t.codes) and self._close(t)]
            most = max((len(np.intersect1d(t.codes, core)) for t in mine), default=0)
            if 2 * most >= len(core) and most >= SEVERAL:
                found.append(said)
        return found + (["acts that others who share an address do not"] if "acting" in self.families else [])

    @cached_property
    def acting(self) -> tuple[int, float]:
        """Pairs of the ring that act together as few pairs do, and how many of people who share an address would."""
        layer = self.signals.together
        if layer is None:
            return 0, 0.0
        seen = int((np.isin(layer.source, self.codes) & np.isin(layer.target, self.codes)).sum())
        n, m = self.signals.people.count, len(self.codes)
        share = max(2 * len(layer.source) / max(n * (n - 1), 1), self.signals.proximity(self.codes))
        return seen, min(share, 1.0) * m * (m - 1) / 2

    def _close(self, tie: Tie) -> bool:
        """Whether accounts made together were made within an hour: friends and classes come within days."""
        at = self.signals.people.created[tie.codes]
        return tie.layer.name != "births" or int(at.max() - at.min()) <= HOUR

    @cached_property
    def tied(self) -> Longs:
        """For each member, others of the ring that it shares anything telling with, or is tied to."""
        pairs = np.zeros((len(self.codes), len(self.codes)), bool)
        for tie in self.telling:
            at = np.searchsorted(self.codes, tie.codes)
            pairs[np.ix_(at, at)] = True
        edges = self.found.edges.among(self.codes)
        ends = np.searchsorted(self.codes, edges.source), np.searchsorted(self.codes, edges.target)
        pairs[ends] = pairs[ends[::-1]] = True
        np.fill_diagonal(pairs, val=False)
        found: Longs = pairs.sum(axis=1)
        return found

    @cached_property
    def profiles(self) -> list[Account]:
        """Members that were observed."""
        found = [self.signals.context.account(key) for key in self.members]
        return [p for p in found if p is not None]

    @cached_property
    def created(self) -> Longs:
        """When members were made, µs, sorted; only those that are known."""
        at = self.signals.people.created[self.codes]
        return np.sort(at[at != UNDATED])

    @cached_property
    def own_devices(self) -> float | None:
        """Part of the members with a device of their own; None where of fewer than half any is known."""
        known, alone = (a[self.codes] for a in self.signals.owning)
        return float(alone.sum() / known.sum()) if 2 * known.sum() >= len(self.codes) else None

    @cached_property
    def rhythm(self) -> tuple[float, float, float] | None:
        """Likeness of members' weeks, that of groups drawn, and p."""
        return self.signals.rhythms.alike(self.codes)

    @cached_property
    def followed(self) -> tuple[int, float, float]:
        """Follows within the ring, how many chance brings, and p."""
        return self.signals.follows.within(self.codes)

    @cached_property
    def company(self) -> tuple[float, float] | None:
        """Mean nearness to labelled sybils over follows: of members and of all accounts; None where it is not known."""
        rank = self.signals.distrust
        mine, every = rank[self.codes], rank[rank > 0]
        if 2 * (mine > 0).sum() < len(mine):
            return None
        return round(float(mine[mine > 0].mean()), 6), round(float(every.mean()), 6)

    @cached_property
    def times(self) -> list[int]:
        """Moments of what ties them, µs: creation in a burst, first and last use, payments."""
        found: list[int] = []
        for tie in self.telling:
            if tie.layer.apart is not None:
                rows = tie.layer.rows_in(tie.group)
                rows = rows[np.isin(tie.layer.user[rows], tie.codes)]
                found += [int(t) for side in tie.layer.apart for t in side[rows] if abs(t) < ALWAYS]
            if tie.layer.name == "births":
                found += self.signals.people.created[tie.codes].tolist()
        for group in self.signals.groups_of(self.codes):
            found += [round(t.timestamp() * 1e6) for t in (group.first, group.last) if t is not None]
        return found or self.created.tolist()
