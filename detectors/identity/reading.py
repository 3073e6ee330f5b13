"""Everything that is read of a view to look for rings of one hand: one signal a layer, listed in :class:`Signals`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa

from detectors.base import Scope
from detectors.coaction.context import Context
from detectors.identity.acting import acting
from detectors.identity.births import births
from detectors.identity.funding import Funding, FundingGroup, funding_groups
from detectors.identity.handles import handles
from detectors.identity.identifiers import Crowd, crowds, identifiers
from detectors.identity.money import money
from detectors.identity.people import Bools, Floats, Ints, Longs, before, people
from detectors.identity.rings import Lone
from detectors.identity.standing import Follows, Rhythms, follows, rhythms
from detectors.identity.ties import MAKING, Layer, Layers, Shared, Together
from graph.store import View

SIGNALS = ("identifiers", "births", "handles", "funding", "acting")
"""Names of the signals that make ties; rhythm, follows and trust are looked at in rings."""
TRUSTED = frozenset(("benign", "verified", "official", "service"))
DISTRUSTED = frozenset(("sybil",))
SEEDS = 10  # labelled accounts of either kind from which trust is asked
KNOWN = 20  # pairs that share an address from which they say what people who know each other do
CLOSE = 12  # users of an address that may know each other
OWNED = ("device", "phone", "phone_hash", "email", "email_hash")


class Signals:
    """The signals of a view.

    Parameters
    ----------
    view : View
        The graph.
    scope : Scope
        Posts and likes from its start; of identifiers, accounts and payments all that is known before its end: what
        ties accounts to one hand lasts.
    chosen : sequence of str
        Names in :data:`SIGNALS`.
    services : sequence of str
        Known services, beside those labelled or found.
    """

    def __init__(self, view: View, scope: Scope, chosen: Sequence[str], services: Sequence[str] = ()) -> None:
        self.view, self.scope, self.chosen = view, scope, chosen
        self.context = Context(view, scope.start, scope.end, scope.allow)
        self.people = people(view, scope.end)
        self.identifiers = identifiers(view, self.people, scope.end)
        self.funding = self._funding(services)
        found: list[Layer] = [layer for layer in self._layers() if not isinstance(layer, Shared) or layer.groups]
        self.layers = Layers(self.people.count, found)
        self.limits = tuple(self._limits())

    def _layers(self) -> Sequence[Layer]:
        made: list[Layer] = []
        if "identifiers" in self.chosen:
            made += self.identifiers
        if "births" in self.chosen:
            made += births(self.people)
        if "handles" in self.chosen:
            made += handles(self.people)
        made += money(self.funding.groups, self.people, self.payable)
        if "acting" in self.chosen:
            made += acting(self.view, self.people, self.scope.start, self.scope.end)
        free = self.codes(self.context.free)
        return [_without(layer, free) for layer in made] if len(free) else made

    def _funding(self, services: Sequence[str]) -> Funding:
        if "funding" not in self.chosen:
            return Funding()
        return funding_groups(self.view, end=self.scope.end, given=services)

    @cached_property
    def payable(self) -> Bools:
        """Accounts of which a wallet is known, or that payments name."""
        found = np.zeros(self.people.count, bool)
        for layer in self.identifiers:
            if layer.name == "wallet":
                found[layer.user] = True
        for group in self.funding.groups:
            found[self.codes(group.accounts)] = True
        return found

    def codes(self, accounts: Sequence[str]) -> Ints:
        """Sorted codes of those accounts that are known."""
        found = self.people.codes(pa.array(accounts, pa.string()))
        return np.unique(found[found >= 0])

    def names(self, codes: Ints) -> list[str]:
        """Keys of accounts."""
        return [self.people.keys[c] for c in codes.tolist()]

    @cached_property
    def crowds(self) -> list[Crowd]:
        """Identifiers that are beyond chance on their own; their number is what is expected at most, at level 1."""
        return [c for layer in self.layers.layers if isinstance(layer, Shared) for c in crowds(layer, 1.0)]

    @cached_property
    def lone(self) -> list[Lone]:
        """Groups that are beyond chance on their own."""
        found = [Lone(c.layer.members(c.group), c.expected) for c in self.crowds]
        free = self.codes(self.context.free)
        return found + [Lone(np.setdiff1d(self.codes(g.accounts), free), g.expected) for g in self.funding.groups]

    @cached_property
    def rhythms(self) -> Rhythms:
        """When accounts post."""
        return rhythms(self.view, self.people, self.scope.start, self.scope.end)

    @cached_property
    def follows(self) -> Follows:
        """Who follows whom."""
        return follows(self.view, self.people, self.scope.end)

    @cached_property
    def seeds(self) -> Longs:
        """What labels in force say of each account: 1 sybil, −1 benign, 0 nothing, or both."""
        said = np.zeros((2, self.people.count), bool)
        for batch in before(self.view, "labels", ("account", "label", "until"), self.scope.end):
            ended = [
                u is not None and self.scope.end is not None and u < self.scope.end for u in batch["until"].to_pylist()
            ]
            codes = self.people.codes(batch["account"])
            for code, label, over in zip(codes.tolist(), batch["label"].to_pylist(), ended, strict=True):
                for sign, words in enumerate((TRUSTED, DISTRUSTED)):
                    if code >= 0 and not over and label.casefold() in words:
                        said[sign, code] = True
        found: Longs = said[1].astype(np.int64) - said[0]
        return found

    @cached_property
    def distrust(self) -> Floats:
        """A rank of each account, in [0, 1], from labelled ones over follows; 0 where nothing is known."""
        few = min(int((self.seeds == sign).sum()) for sign in (1, -1)) < SEEDS
        if few or not len(self.follows.source):
            return np.zeros(self.people.count)
        from detectors.trust import trust_scores

        found = trust_scores(self.follows.source.astype(np.int64), self.follows.target.astype(np.int64), self.seeds)
        return np.where(found.known, found.score, 0.0)

    @cached_property
    def _near(self) -> tuple[Ints, Ints, Bools]:
        """Pairs that share an address or a code of few, and whether each acts together."""
        keys = [np.empty(0, np.int64)]
        for layer in self.layers.layers:
            if isinstance(layer, Shared) and layer.name not in MAKING and not any(g.hand for g in layer.groups):
                first, second, group = layer.rows
                few = layer.degree[group] <= CLOSE
                one, other = (layer.user[row[few]].astype(np.int64) for row in (first, second))
                keys.append(np.minimum(one, other) * self.people.count + np.maximum(one, other))
        near = np.unique(np.concatenate(keys))
        acted = np.empty(0, np.int64) if self.together is None else self.together.pairs(self.people.count)[0]
        one, other = np.divmod(near, max(self.people.count, 1))
        return one.astype(np.int32), other.astype(np.int32), np.isin(near, acted)

    def proximity(self, codes: Ints) -> float:
        """Of pairs outside a ring that share an address or a code of few, the part that acts together as friends do."""
        one, other, acts = self._near
        outside = ~(np.isin(one, codes) & np.isin(other, codes))
        return float((acts[outside].sum() + 1) / (outside.sum() + KNOWN)) if outside.any() else 0.0

    @cached_property
    def together(self) -> Together | None:
        """Pairs that acted together."""
        return next((layer for layer in self.layers.layers if isinstance(layer, Together)), None)

    @cached_property
    def owning(self) -> tuple[Bools, Bools]:
        """Accounts of which a device, a number or a mail address is known, and those with one that is theirs alone."""
        known, alone = np.zeros(self.people.count, bool), np.zeros(self.people.count, bool)
        for layer in self.identifiers:
            if layer.name in OWNED:
                known[layer.user] = True
                alone[layer.user[layer.group >= len(layer.groups)]] = True
        return known, alone

    def groups_of(self, codes: Ints) -> list[FundingGroup]:
        """Funding groups that at least two accounts of a (sorted) ring belong to."""
        return [g for g, mine in self._paid if np.isin(mine, codes).sum() > 1]

    @cached_property
    def _paid(self) -> list[tuple[FundingGroup, Ints]]:
        return [(g, self.codes(g.accounts)) for g in self.funding.groups]

    def _limits(self) -> Sequence[str]:
        found = [line for layer in self.layers.layers for line in layer.limits]
        found += self.funding.notes
        if not self.identifiers:
            found.append("no identifiers are loaded: devices and addresses are not compared")
        return found


def _without(layer: Layer, free: Ints) -> Layer:
    """A layer without accounts that may do what they like."""
    from dataclasses import replace

    if isinstance(layer, Together):
        kept = ~np.isin(layer.source, free) & ~np.isin(layer.target, free)
        columns = {n: getattr(layer, n)[kept] for n in ("source", "target", "rarity", "shared")}
        return replace(layer, active=np.setdiff1d(layer.active, free), **columns)
    kept = ~np.isin(layer.user, free)
    apart = None if layer.apart is None else (layer.apart[0][kept], layer.apart[1][kept])
    return replace(layer, user=layer.user[kept], group=layer.group[kept], apart=apart)
