"""The search for accounts that push something together: the same layers in windows from seconds to days.

Each window is one search of :mod:`detectors.coaction.engine` over all layers, at its equal part of the level
(Bonferroni), so that the chance of reporting any ring where nothing is coordinated is at most the level over all
windows. Rings of the narrowest window come first; a wider window adds what narrower ones did not see.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.base import Scope, Value, listed
from detectors.coaction import engine
from detectors.coaction.actions import ACTIONS, events_of
from detectors.coaction.board import Reading
from detectors.coaction.context import Context, named
from detectors.coaction.engine import FoundRing
from detectors.coaction.evidence import Together
from detectors.coaction.hubs import Hubs
from detectors.coaction.ring import POSTS_READ, Ring
from detectors.coaction.streams import Interests, Stream, names_of
from detectors.coaction.subject import Acts
from detectors.coaction.surprisal import Layer
from detectors.coaction.sweep import DEFAULT_HUBS, Ints
from graph.model import NodeType
from graph.projection import events, restrict
from graph.store import View

COPIES = ("co_text", "co_similar")  # what remains of a campaign's posts: texts that are copies of one another
WIDE_HUBS = Hubs(20.0)
"""In a wider window, objects in use all the time say nothing of two accounts and cost most."""
SAME = 0.5  # share of the smaller of two rings' accounts from which a wider window saw the same ring
WINDOWS = ("window", "wide", "slow")  # parameters, the narrowest first; others count where they are wider


@dataclass(frozen=True)
class Within:
    """One window's search.

    Attributes
    ----------
    window : float
        In seconds.
    streams : list of Stream
        The layers, for evidence; accounts are numbered alike in all windows.
    interests : Interests
        What shared interests account for.
    found : engine.Found
        Pairs and rings.
    windows : int
        How many searches share the level.
    """

    window: float
    streams: list[Stream]
    interests: Interests
    found: engine.Found
    windows: int

    @cached_property
    def acts(self) -> Acts:
        """Events by account."""
        return Acts(self.streams)


@dataclass(frozen=True)
class Seen:
    """A ring and the window that it was seen in."""

    ring: FoundRing
    within: Within

    @property
    def codes(self) -> Ints:
        """Its accounts."""
        return self.ring.codes

    @property
    def p_value(self) -> float:
        """Chance that any search of any window finds a ring as strong where nothing is coordinated, at most."""
        return min(self.ring.p_value * self.within.windows, 1.0)


class Tables:
    """The events of a view's layers, without hubs and without what is explained.

    Parameters
    ----------
    view : View
        The graph.
    params : mapping
        Checked values of the detector's parameters.
    scope : Scope
        Time, and what is allowed.
    """

    def __init__(self, view: View, params: Mapping[str, Value], scope: Scope) -> None:
        self.view, self.params, self.scope = view, params, scope
        self.limits: list[str] = []
        self._layers: dict[str, pa.Table] = {}
        self.context = Context(view, scope.start, scope.end, scope.allow)
        self.posts = events(view, "post", start=scope.start, end=scope.end)
        narrow, *wider = (float(params[name]) for name in WINDOWS)
        self.windows = [narrow, *sorted({window for window in wider if window > narrow})]

    def within(self, window: float) -> dict[str, pa.Table]:
        """Events by layer, for a window; layers that have any."""
        layers = listed(str(self.params["layers"]))
        return {action: table for action in layers if (table := self._events(action, window)).num_rows}

    def _events(self, action: str, window: float) -> pa.Table:
        """A layer's events without hubs and without what a campaign or an allow-list entry explains."""
        if action not in self._layers or ACTIONS[action].near:  # similar texts are compared within the window
            self._layers[action] = self._read(action, window)
        return self._layers[action]

    def _read(self, action: str, window: float) -> pa.Table:
        table, left_out = events_of(self.view, action, window, start=self.scope.start, end=self.scope.end)
        self.limits += [f"{action}: {what}" for what in left_out if f"{action}: {what}" not in self.limits]
        drop = named(table, "actor", self.context.free)
        if action not in COPIES:
            known = [*self.context.explained, *self.context.allowed]
            drop = pc.or_(drop, named(table, "message", known))
            for node, keys in {NodeType.POST: known, **self.context.free_objects}.items():
                drop = pc.or_(drop, named(table, "object", ACTIONS[action].named(node, keys)))
        if pc.any(drop).as_py():
            table = restrict(table, pc.invert(drop))
        return self._without_hubs(action, table)

    def _without_hubs(self, action: str, table: pa.Table) -> pa.Table:
        if not table.num_rows:
            return table
        things = table["object"].combine_chunks()
        counts = np.bincount(things.indices.to_numpy())
        total = max(self.posts.num_rows, len(table["message"].combine_chunks().dictionary))
        hubs = (counts > float(self.params["hub_share"]) * total) & (counts >= int(self.params["hub_posts"]))
        for code in np.flatnonzero(hubs):
            shown = ACTIONS[action].shown(things.dictionary[int(code)].as_py())
            self.limits.append(f"{action}: {shown} skipped: {counts[code] / total:.1%} of all posts")
        return restrict(table, ~hubs[things.indices.to_numpy()]) if hubs.any() else table


class Search(Tables):
    """One search of a view: its layers, and the rings that their windows show."""

    def __init__(self, view: View, params: Mapping[str, Value], scope: Scope) -> None:
        super().__init__(view, params, scope)
        tables = {window: self.within(window) for window in self.windows}
        self.keys = names_of([table for layer in tables.values() for table in layer.values()])
        self.names: list[str] = self.keys.to_pylist()
        self.apart = [self._codes(group) for group in self.context.groups]
        self._reading = Reading()
        self.searches = [self._within(window, tables[window]) for window in self.windows]
        self.let_be = max(s.interests.let_be for s in self.searches)
        self.rings = self._rings()

    def _within(self, window: float, tables: Mapping[str, pa.Table]) -> Within:
        streams = [Stream(a, table, window, self.keys, prompt=ACTIONS[a].prompt) for a, table in tables.items()]
        interests = Interests(streams, len(self.names), float(self.params["interests"]), self.apart)
        hubs = DEFAULT_HUBS if window == self.windows[0] else WIDE_HUBS
        layers = [Layer(action, table, window, hubs) for action, table in tables.items()]
        found = engine.search(layers, self.keys, self._options(window), holds=interests, reading=self._reading)
        return Within(window, streams, interests, found, len(self.windows))

    def _options(self, window: float) -> engine.Options:
        level = float(self.params["level"]) / len(self.windows)
        least = math.ceil(1 / level)  # draws that can show a chance of this level
        draws = max(int(self.params["draws"]), least) if window == self.windows[0] else least
        return engine.Options(level=level, draws=draws, least=int(self.params["min_ring"]))

    def _rings(self) -> list[Seen]:
        """Rings of all windows; of those that share half of the smaller one, the one of the narrowest."""
        kept: list[Seen] = []
        for search in self.searches:
            fresh = [ring for ring in search.found.rings if not any(_same(ring.codes, s.codes) for s in kept)]
            kept += [Seen(ring, search) for ring in fresh]
        return kept

    @property
    def notes(self) -> tuple[str, ...]:
        """What the run should say of allow-list entries."""
        covered = Counter(self.context.allowed.values())
        said = [f"allow-list: {entry} explained {n:,} posts" for entry, n in sorted(covered.items())]
        if self.context.groups:
            groups = "; ".join(e.shown for e in self.context.allow if e.kind == "group")
            said.append(f"allow-list: {groups} explained {self.let_be:,} pairs of accounts")
        return tuple(said)

    def _codes(self, accounts: Sequence[str]) -> Ints:
        found = pc.index_in(pa.array(accounts, pa.string()), self.keys)
        return np.sort(found.drop_null().to_numpy()).astype(np.int32)

    def ring(self, seen: Seen) -> Ring:
        """A ring's bursts and posts."""
        codes = seen.codes
        togethers = tuple(t for s in seen.within.streams for t in [Together(s, codes)] if t.count)
        keys = sorted({key for t in togethers for key in t.keys})
        posts = {p.post: p for p in self.view.posts(keys[:POSTS_READ])}
        members = [self.names[c] for c in codes]
        own = self.posts.filter(named(self.posts, "actor", members))["actor"].combine_chunks().value_counts()
        place = dict(zip(members, codes.tolist(), strict=True))
        activity = {place[x["values"]]: x["counts"] for x in own.to_pylist()}
        return Ring(codes, self.names, togethers, posts, activity)


def _same(one: Ints, other: Ints) -> bool:
    return len(np.intersect1d(one, other)) >= SAME * min(len(one), len(other))
