"""Service addresses: exchanges, bridges, contracts, payers-out. That they paid two accounts does not tie these.

A party is a service because somebody says so (a list, the label ``service``), because more than
:data:`detectors.identity.payments.CUSTODY` accounts claim one wallet, or by its degree and role in the data:

- it deals with many (``least`` partners, and ten times as many as half of all parties do), which
- first met it at all times (half of these first meetings spread over a quarter or more of others' payments, or of their
  time: a farm is equipped in hours, and an exchange is found by its customers over months), and
- moved different amounts (no one amount is half of them); or
- it deals with more than ``most``: nobody looks after so many accounts by hand, and a payer-out of a project does.

Without times only degree and amounts remain, and five times as many partners are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import pyarrow.compute as pc

from detectors.identity.payments import UNDATED, Bools, Floats, Longs, Payments
from graph.model import NodeRef
from graph.store import View

SERVICE = "service"
TIMES_MEDIAN = 10
SPREAD = 0.25
SAME = 0.5
SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
TAILS = (0.01, 0.99)
BLIND = 5
"""How many times as many partners a service has where no times are known."""


@dataclass(frozen=True, slots=True)
class Service:
    """A party taken out, and why."""

    node: NodeRef
    partners: int  # distinct parties it paid or was paid by
    why: str


def services(
    view: View, paid: Payments, given: Sequence[str] = (), *, least: int = 10, most: int = 1000
) -> tuple[Service, ...]:
    """Parties that are services.

    Parameters
    ----------
    view : View
        For its labels.
    paid : Payments
        The view's transfers.
    given : sequence of str
        Known services: wallets (``chain:address`` or the address alone) and accounts, by their keys.
    least : int
        Partners of a service that is recognised by its role, at least.
    most : int
        With more partners it is a service whatever its role.

    Returns
    -------
    tuple of Service
        In the order of ``paid.parties``.
    """
    reasons = _said(view, paid, given)
    floor, partners, spread, same = _roles(paid, least)
    timed = ~np.isnan(spread)
    steady = np.where(timed, np.nan_to_num(spread) >= SPREAD, partners >= BLIND * floor)
    by_role = (partners >= floor) & steady & ((same < SAME) | np.isnan(same))
    found = []
    for place, node in enumerate(paid.parties):
        n = int(partners[place])
        if place in reasons:
            why = reasons[place]
        elif paid.custody[place]:
            why = "many accounts use it"
        elif n > most:
            why = f"deals with {n:,} parties, more than one operator looks after"
        elif by_role[place]:
            when = "at all times" if timed[place] else "at times not known"
            why = f"deals with {n:,} parties, which met it {when}, in different amounts"
        else:
            continue
        found.append(Service(node, n, why))
    return tuple(found)


def is_service(paid: Payments, found: Sequence[Service]) -> Bools:
    """Whether each party is among the services; shape (n_parties,)."""
    nodes = {s.node for s in found}
    return np.array([p in nodes for p in paid.parties], np.bool_)


def _said(view: View, paid: Payments, given: Sequence[str]) -> Mapping[int, str]:
    """Parties that somebody calls a service, by place."""
    reasons: dict[int, str] = {}
    labelled = _labelled(view)
    listed = {*given}
    for place, (party, owners) in enumerate(zip(paid.parties, paid.owners, strict=True)):
        if labelled.intersection(owners):
            reasons[place] = "labelled a service"
        if listed & {party.key, *owners, party.key.partition(":")[2]}:
            reasons[place] = "in the list of services"
    for wallet, place in paid.wallets.items():
        if listed & {wallet.key, wallet.key.partition(":")[2]}:
            reasons[place] = "in the list of services"
    return reasons


def _labelled(view: View) -> set[str]:
    """Accounts labelled a service, by a label that had not ended when the data was cut."""
    cut = view.recorded_at(view.seq) if view.seq else datetime.now(UTC)
    found: set[str] = set()
    for batch in view.scan("labels", columns=["account", "label", "until"]):
        rows = batch.filter(pc.equal(batch.column("label"), SERVICE))
        ended = rows.column("until").to_pylist()
        accounts = rows.column("account").to_pylist()
        found.update(a for a, until in zip(accounts, ended, strict=True) if until is None or until > cut)
    return found


def _roles(paid: Payments, least: int) -> tuple[float, Longs, Floats, Floats]:
    """Partners that a service has, at least; and for each party: distinct partners, spread, share of one amount.

    The spread is what lies between the quartiles of the first meetings with its partners, of the dated payments of
    others or of the time these span (without a hundredth at either end), whichever is more: who pays thousands in an
    hour does not set the time for all, and a stray date does not either. NaN where fewer than half of its partners are
    met at a known time, where nobody else pays, and for a party of fewer partners than a service has.
    """
    n = len(paid.parties)
    one = np.concatenate([paid.source, paid.target])
    other = np.concatenate([paid.target, paid.source])
    at = np.concatenate([paid.at, paid.at])
    order = np.lexsort((at, other, one))
    one, other, at = one[order], other[order], at[order]
    first = np.ones(len(one), np.bool_)
    first[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    partners = np.bincount(one[first], minlength=n).astype(np.int64)
    floor = max(float(least), TIMES_MEDIAN * float(np.median(partners)))
    spread = np.full(n, np.nan)
    same = np.full(n, np.nan)
    clock = _Clock(paid)
    met, when = one[first], at[first]
    for party in map(int, np.flatnonzero(partners >= floor)):
        times = when[slice(*np.searchsorted(met, (party, party + 1)))]
        times = times[times != UNDATED]
        if 2 * len(times) >= partners[party]:
            spread[party] = clock.spread(party, np.quantile(times, (0.25, 0.75), method="nearest"))
    for place, share in _commonest(paid, n):
        same[place] = share
    return floor, partners, spread, same


class _Clock:
    """Times of dated payments, all and each party's own."""

    def __init__(self, paid: Payments) -> None:
        rows = np.flatnonzero(paid.at != UNDATED)
        rows = rows[np.argsort(paid.at[rows], kind="stable")]
        self.at = paid.at[rows]
        party = np.concatenate([paid.source[rows], paid.target[rows]])
        order = np.lexsort((np.tile(self.at, 2), party))
        self._own = np.tile(self.at, 2)[order]
        self._starts = np.searchsorted(party[order], np.arange(len(paid.parties) + 1))

    def spread(self, party: int, moments: Longs) -> float:
        """What part of others' payments, or of the time they span, lies between two moments; NaN without others."""
        own = self._own[self._starts[party] : self._starts[party + 1]]
        others = len(self.at) - len(own)
        if not others:
            return float("nan")
        passed = [float(np.searchsorted(self.at, m, s) - np.searchsorted(own, m, s)) for m in moments for s in SIDES]
        times = np.setdiff1d(self.at, own)
        early, late = (float(np.quantile(times, q)) if len(times) else 0.0 for q in TAILS)
        of_time = min(float(moments[1] - moments[0]) / (late - early), 1.0) if late > early else 0.0
        return max((passed[2] + passed[3] - passed[0] - passed[1]) / (2 * others), of_time)


def _commonest(paid: Payments, n: int) -> list[tuple[int, float]]:
    """Parties with known amounts, and the share of the amount that each paid or got most often."""
    known = np.flatnonzero(~np.isnan(paid.amount))
    party = np.concatenate([paid.source[known], paid.target[known]])
    asset, amount = np.tile(paid.asset[known], 2), np.tile(paid.amount[known], 2)
    order = np.lexsort((amount, asset, party))
    party, asset, amount = party[order], asset[order], amount[order]
    new = np.ones(len(party), np.bool_)
    new[1:] = (party[1:] != party[:-1]) | (asset[1:] != asset[:-1]) | (amount[1:] != amount[:-1])
    starts = np.flatnonzero(new)
    runs = np.diff(np.append(starts, len(party)))
    best = np.zeros(n, np.int64)
    np.maximum.at(best, party[starts], runs)
    total = np.bincount(party, minlength=n)
    return [(int(p), float(best[p] / total[p])) for p in np.flatnonzero(total)]
