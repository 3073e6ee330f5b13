"""Accounts whose money came from one hand, went to one hand, or was handed from one to the next.

Services are taken out first (:mod:`detectors.identity.services`). What remains is read in three patterns:

``fan_out``  one party was the first, among those that are no services, to pay the accounts, itself or through one
             wallet in between that is nobody's;
``fan_in``   the same backwards: the accounts' last payment to a party that is no service went to one party;
             In neither does a payment count that gives back what was the other's: of which the other one had paid a
             tenth or more before (or was to be paid, backwards), nor one of a party that does so with half of its
             partners. Exchanges and contracts do, and no funder.
``chain``    each party was first paid by the one before it, after this one had been paid itself, and of the parties
             that this one was the first to pay it got the most.

How far each is beyond chance is asked in three independent ways; p is Fisher's combination of those that can be asked:

size
    Honest funders that are no services exist, and fewer pay each further account. Let ρ be the share of one-account
    funders' successors, (1 + funders of two) / (2 + funders of one or two); a funder of k or more has the chance
    ρ^(k - 1), though not less than :data:`FARTHEST`: a fall-off is not known beyond what was seen, and a service that
    was not recognised is large. Groups of three and more do not enter ρ, so that rings do not make themselves ordinary.
    For a chain, ρ is the share of all parties that were paid which hand on to a party that is no service.
times
    Were payments dealt out among all payers anew, the group's times would be a sample of all times. For j of its k
    payments within a span that holds the share m of all, p ≤ C(k, j) j m^(j - 1) (the first of j anywhere, the others
    within the span after it); j is k or four fifths of it, the better one doubled.
amounts
    The same with the amounts of the commonest asset.

``expected`` is p times the number of patterns of that kind that were looked at, those of one account included.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations

import numpy as np

from detectors.identity.payments import UNDATED, Bools, Floats, Longs, Payments, payments
from detectors.identity.services import Service, is_service, services
from graph.model import NodeRef
from graph.store import View

FAN_OUT, FAN_IN, CHAIN = "fan_out", "fan_in", "chain"
FARTHEST = 1e-4
NEARLY = 0.8
RETURNED = 0.1
"""Part of a payment that went the other way from which it is taken for money given back, with gains."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question put to a group: what was seen, and how likely as much is by chance."""

    name: str  # size · times · amounts
    value: float  # accounts; or the share of all payments that the group's span of times or amounts holds
    p_value: float


@dataclass(frozen=True, slots=True)
class FundingGroup:
    """Accounts tied together by payments.

    Parameters
    ----------
    kind : str
        ``fan_out``, ``fan_in`` or ``chain``.
    accounts : tuple of str
        Keys, sorted; of a chain, in its order. The hub's own accounts are not among them.
    hub : NodeRef
        Who paid them or was paid by them; of a chain, who paid the first.
    hub_accounts : tuple of str
        Accounts behind the hub, if any.
    transfers : tuple of str
        Keys of the transfers that tie them, sorted.
    nodes : tuple of NodeRef
        All parties on the way, hub included, sorted.
    of : tuple of tuple of str
        For each account, the transfers that tie it, in the order of ``accounts``.
    first, last : datetime or None
        When the first and the last of these transfers was made, where known.
    tests : tuple of Asked
        The questions asked.
    p_value : float
        Fisher's combination of them.
    expected : float
        How many groups of this kind as extreme chance would make in this data.
    """

    kind: str
    accounts: tuple[str, ...]
    hub: NodeRef
    hub_accounts: tuple[str, ...]
    transfers: tuple[str, ...]
    nodes: tuple[NodeRef, ...]
    of: tuple[tuple[str, ...], ...]
    first: datetime | None
    last: datetime | None
    tests: tuple[Asked, ...]
    p_value: float
    expected: float


@dataclass(frozen=True, slots=True)
class Funding:
    """Groups, the least expected by chance first, the services taken out, and what should be said beside them."""

    groups: tuple[FundingGroup, ...] = ()
    services: tuple[Service, ...] = ()
    notes: tuple[str, ...] = ()


def funding_groups(
    view: View,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    given: Sequence[str] = (),
    least: int = 3,
    expected: float = 0.05,
) -> Funding:
    """Groups of accounts that payments tie together.

    Parameters
    ----------
    start, end : datetime, optional
        Only transfers with ``start <= at < end``.
    given : sequence of str
        Known services: wallets (``chain:address`` or the address alone) and accounts, by their keys.
    least : int
        Accounts of a group, at least; 2 or more.
    expected : float
        Only groups of which chance makes at most this many.

    Returns
    -------
    Funding
        Two groups may share accounts; a funder's group found both ways (directly, and through wallets in between) is
        given once, with the more accounts.
    """
    paid = payments(view, start=start, end=end)
    if not paid.keys:
        return Funding(notes=("no transfers",))
    if not paid.owned.any():
        return Funding(notes=("no transfer can be put down to an account: no wallets of accounts are known",))
    taken_out = services(view, paid, given)
    service = is_service(paid, taken_out)
    flows = Flows.of(paid, service)
    groups: list[FundingGroup] = []
    for kind, back in ((FAN_OUT, False), (FAN_IN, True)):
        groups += _unrepeated(_stars(flows, kind, back=back))
    groups += _chains(flows)
    enough = [g for g in groups if len({*g.accounts, *g.hub_accounts}) >= least and g.expected <= expected]
    undated = int((paid.at == UNDATED).sum())
    notes = (f"{undated:,} of {len(paid.keys):,} transfers have no time",) if undated else ()
    return Funding(tuple(sorted(enough, key=_order)), taken_out, notes)


def _order(group: FundingGroup) -> tuple[float, int, str, tuple[str, ...]]:
    return group.expected, -len(group.accounts), group.kind, group.accounts


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """Payments between parties that are no services, and what all payments are like."""

    paid: Payments
    rows: Longs  # places of these payments, in the order of their keys
    was_paid: Bools  # parties that are no service and that anybody paid
    times: Longs  # of all payments that are dated, sorted
    amounts: dict[int, Floats]  # of all payments with a known amount by asset, sorted

    @classmethod
    def of(cls, paid: Payments, service: Bools) -> Flows:
        """Payments without those that a service made or got."""
        rows = np.flatnonzero(~service[paid.source] & ~service[paid.target])
        was_paid = np.zeros(len(paid.parties), np.bool_)
        was_paid[paid.target] = True
        known = ~np.isnan(paid.amount)
        amounts = {int(a): np.sort(paid.amount[known & (paid.asset == a)]) for a in np.unique(paid.asset[known])}
        return cls(paid, rows, was_paid & ~service, np.sort(paid.at[paid.at != UNDATED]), amounts)

    def firsts(self, *, back: bool) -> tuple[Longs, Longs, Longs]:
        """Who was the first to pay whom: hubs, parties and payments; backwards: the last whom each party paid.

        Money that is given back does not count.

        Payments at one moment are all first; so are a party's undated ones, where it has any. One payment a pair is
        kept, the first by its key.
        """
        paid = self.paid
        hub, party = (paid.target, paid.source) if back else (paid.source, paid.target)
        rows = self.rows[~self._given_back(hub, back=back)]
        at = np.where(paid.at == UNDATED, UNDATED, -paid.at) if back else paid.at
        earliest = np.full(len(paid.parties), np.iinfo(np.int64).max)
        np.minimum.at(earliest, party[rows], at[rows])
        rows = rows[at[rows] == earliest[party[rows]]]
        _, one = np.unique(np.stack([hub[rows], party[rows]]), axis=1, return_index=True)
        rows = rows[np.sort(one)]
        return hub[rows], party[rows], rows

    def _given_back(self, hub: Longs, *, back: bool) -> Bools:
        """Payments (of ``rows``) of money that had come from the one who got it; backwards: that was to come back.

        And all of a hub that gives back to half of those it deals with: what it adds for some is gain, not funding.
        """
        paid, n = self.paid, len(self.paid.parties)
        pair, other = (a[self.rows] * n + b[self.rows] for a, b in permutations((paid.source, paid.target)))
        found = np.zeros(len(self.rows), np.bool_)
        returns: dict[int, list[int]] = {}
        for i in np.flatnonzero(np.isin(pair, other)):
            returns.setdefault(int(pair[i]), []).append(int(self.rows[i]))
        for i in np.flatnonzero(np.isin(other, pair)):
            found[i] = any(self._offset(int(self.rows[i]), r, back=back) for r in returns[int(other[i])])
        if not found.any():
            return found
        pairs, of = np.unique(pair, return_inverse=True)
        both = np.bincount(of, weights=found) > 0
        hub_of = np.zeros(len(pairs), np.int64)
        hub_of[of] = hub[self.rows]
        share = np.bincount(hub_of, weights=both, minlength=n) / np.maximum(np.bincount(hub_of, minlength=n), 1)
        return found | (share[hub[self.rows]] >= 0.5)

    def _offset(self, row: int, other: int, *, back: bool) -> bool:
        """Whether a payment the other way lies before (backwards: after) this one and makes up enough of it."""
        paid = self.paid
        dated = paid.at[row] != UNDATED and paid.at[other] != UNDATED
        if paid.asset[row] != paid.asset[other]:
            return False
        if dated and (paid.at[other] <= paid.at[row] if back else paid.at[other] >= paid.at[row]):
            return False
        return not paid.amount[other] < paid.amount[row] * RETURNED

    def questions(self, size: Asked, rows: Longs) -> tuple[tuple[Asked, ...], float]:
        """What was asked of a group whose accounts these payments tie, one each, and the combined p."""
        asked = [size]
        at = self.paid.at[rows]
        if (near := close(at[at != UNDATED], self.times)) is not None:
            asked.append(Asked("times", *near))
        known = rows[~np.isnan(self.paid.amount[rows])]
        if len(known):
            asset = int(np.bincount(self.paid.asset[known]).argmax())
            mine = self.paid.amount[known[self.paid.asset[known] == asset]]
            if (near := close(mine, self.amounts[asset])) is not None:
                asked.append(Asked("amounts", *near))
        return tuple(asked), fisher([a.p_value for a in asked])

    def group(
        self,
        kind: str,
        hub: int,
        accounts: Sequence[tuple[str, Sequence[int]]],
        size: Asked,
        *,
        looked_at: int,
        between: Sequence[int] = (),
    ) -> FundingGroup:
        """A group from its accounts in order, each with its payments, of which the first one is what ties it.

        Payments in between, to parties that are nobody's, are part of the group's but not of any account's.
        """
        paid = self.paid
        tying = np.array(sorted({rows[0] for _, rows in accounts}), np.int64)
        asked, p = self.questions(size, tying)
        rows = np.array(sorted({*between, *(r for _, each in accounts for r in each)}), np.int64)
        at = paid.at[rows]
        at = at[at != UNDATED]
        nodes = {*paid.source[rows].tolist(), *paid.target[rows].tolist(), hub}
        return FundingGroup(
            kind=kind,
            accounts=tuple(a for a, _ in accounts),
            hub=paid.parties[hub],
            hub_accounts=paid.owners[hub],
            transfers=tuple(paid.keys[r] for r in rows),
            nodes=tuple(sorted(paid.parties[n] for n in nodes)),
            of=tuple(tuple(paid.keys[r] for r in sorted(each)) for _, each in accounts),
            first=_moment(at.min()) if len(at) else None,
            last=_moment(at.max()) if len(at) else None,
            tests=asked,
            p_value=p,
            expected=p * looked_at,
        )


def close(values: Longs | Floats, among: Longs | Floats) -> tuple[float, float] | None:
    """How near to one another some values are, were they a sample of all.

    Parameters
    ----------
    values : ndarray, shape (k,)
        The group's.
    among : ndarray, shape (n,)
        All values, sorted, the group's included.

    Returns
    -------
    (float, float) or None
        The share of all values that the better span holds (ends included), and a bound on the chance of as small a
        one; None for fewer than two values.
    """
    k = len(values)
    if k < 2:
        return None
    ordered = np.sort(values)
    best = (1.0, 1.0)
    sizes = sorted({k, max(2, math.ceil(NEARLY * k))})
    for j in sizes:
        held = np.searchsorted(among, ordered[j - 1 :], "right") - np.searchsorted(among, ordered[: k - j + 1], "left")
        share = float(held.min()) / len(among)
        log = math.log(math.comb(k, j)) + math.log(j) + (j - 1) * math.log(share) + math.log(len(sizes))
        best = min(best, (min(1.0, math.exp(min(log, 0.0))), share))
    return best[1], best[0]


def fisher(p_values: Sequence[float]) -> float:
    """Fisher's combination of independent p-values: the upper tail of χ² with twice as many degrees of freedom."""
    half = -sum(math.log(max(p, 1e-300)) for p in p_values)
    term, total = 1.0, 1.0
    for i in range(1, len(p_values)):
        term *= half / i
        total += term
    return min(1.0, math.exp(-half) * total)


def _stars(flows: Flows, kind: str, *, back: bool) -> list[FundingGroup]:
    """Groups around one party, directly and through a wallet in between that is nobody's."""
    hubs, parties, rows = flows.firsts(back=back)
    reach: dict[int, dict[str, list[int]]] = {}
    owners = flows.paid.owners
    near = list(zip(hubs.tolist(), parties.tolist(), rows.tolist(), strict=True))
    for hub, party, row in near:
        for account in owners[party]:
            reach.setdefault(hub, {}).setdefault(account, [row])
    direct = {hub: dict(tied) for hub, tied in reach.items()}
    for hub, middle, row in near:
        if not owners[middle]:
            for account, (tie, *_) in direct.get(middle, {}).items():
                reach.setdefault(hub, {}).setdefault(account, [tie, row])
    for hub, tied in reach.items():
        for account in owners[hub]:
            tied.pop(account, None)
    counts = np.bincount([len(tied) for tied in reach.values()], minlength=3)
    fall = float((1 + counts[2]) / (2 + counts[1] + counts[2]))
    looked_at = int(counts[1:].sum())
    found = []
    for hub in sorted(reach):
        accounts = sorted(reach[hub].items())
        if len(accounts) >= 2:
            size = Asked("size", len(accounts), max(fall ** (len(accounts) - 1), FARTHEST))
            found.append(flows.group(kind, hub, accounts, size, looked_at=looked_at))
    return found


def _unrepeated(groups: Sequence[FundingGroup]) -> list[FundingGroup]:
    """Groups without those that are part of a stronger one further up, or the weaker whole of a stronger part."""
    kept: list[FundingGroup] = []
    of_hub: dict[NodeRef, list[FundingGroup]] = {}
    for group in sorted(groups, key=_order):
        mine = set(group.accounts)
        beside = [g for node in group.nodes for g in of_hub.get(node, ())]
        if any(mine <= set(g.accounts) or (mine > set(g.accounts) and g.hub in group.nodes) for g in beside):
            continue
        kept.append(group)
        for node in group.nodes:
            of_hub.setdefault(node, []).append(group)
    return kept


def _chains(flows: Flows) -> list[FundingGroup]:
    """Longest runs of parties, each first paid by the one before."""
    step = _steps(flows)
    into = {party for party, _ in step.values()}
    hand_on = float((1 + len(step)) / (2 + int(flows.was_paid.sum())))
    starts = sorted(set(step) - into)
    found = []
    for start in starts:
        accounts: dict[str, list[int]] = {}
        rows: list[int] = []
        here = start
        while here in step:
            here, row = step[here]
            rows.append(row)
            for account in flows.paid.owners[here]:
                if account not in flows.paid.owners[start]:
                    accounts.setdefault(account, [row])
        if len(rows) >= 2 and accounts:
            size = Asked("size", len(rows), max(hand_on ** (len(rows) - 1), FARTHEST))
            found.append(flows.group(CHAIN, start, list(accounts.items()), size, looked_at=len(starts), between=rows))
    return found


def _steps(flows: Flows) -> dict[int, tuple[int, int]]:
    """For each party that hands on: to whom, and by which payment."""
    hubs, parties, rows = flows.firsts(back=False)
    payers = np.bincount(parties, minlength=len(flows.paid.parties))
    alone = payers[parties] == 1
    hubs, parties, rows = hubs[alone], parties[alone], rows[alone]
    got = dict(zip(parties.tolist(), flows.paid.at[rows].tolist(), strict=True))
    offers: dict[int, list[tuple[float, int, int]]] = {}
    for hub, party, row in zip(hubs.tolist(), parties.tolist(), rows.tolist(), strict=True):
        if got.get(hub, UNDATED) <= flows.paid.at[row] or flows.paid.at[row] == UNDATED:
            amount = float(np.nan_to_num(flows.paid.amount[row]))
            offers.setdefault(hub, []).append((amount, party, row))
    step = {}
    for hub, offered in offers.items():
        most = max(offered)
        if sum(o[0] == most[0] for o in offered) == 1:
            step[hub] = (most[1], most[2])
    return step


def _moment(us: int) -> datetime:
    return datetime.fromtimestamp(int(us) / 1e6, UTC)
