"""The search for rings: pairs, judged against chance, joined over layers, cut to rings, grown to their members.

1. Pairs that meet in a window are judged by their rarity (:mod:`detectors.coaction.surprisal`), all layers as one, or
   each by itself and combined (:mod:`detectors.coaction.fusion`).
2. Datasets drawn under the null say which pairs are edges, at which false-discovery rate, and how strong a ring chance
   makes (:mod:`detectors.coaction.permutation`).
3. Connected components of edges whose strength chance makes in at most ``level`` of all datasets are rings. One that
   consists of parts loosely tied (Leiden communities) comes apart where the parts are significant by themselves.
4. Rings take in accounts that are in their bursts (:mod:`detectors.coaction.growth`); those that then share half of the
   smaller one are merged, others keep what they share.
5. The dense part of a ring is its core (:mod:`detectors.coaction.peeling`), the rest its fringe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from detectors.coaction.board import Reading
from detectors.coaction.fused import Fused
from detectors.coaction.fusion import FUSIONS
from detectors.coaction.growth import Growth
from detectors.coaction.leadlag import Lead, leads
from detectors.coaction.peeling import column_weights, densest
from detectors.coaction.permutation import Chance, chance, strength
from detectors.coaction.rings import communities, components, labelled, merged
from detectors.coaction.surprisal import Floats, Layer, Pairs, Surprisal
from detectors.coaction.svn import validation
from detectors.coaction.sweep import Ints, Longs

Holds = Callable[[Pairs], npt.NDArray[np.bool_]]
SURE = 0.01
"""Chance of being a bystander up to which an account taken in can be of the core."""


@dataclass(frozen=True, slots=True)
class Options:
    """How rings are searched for.

    Attributes
    ----------
    level : float
        Chance, over the whole search, of reporting any ring where nothing is coordinated; in (0, 1).
    fdr : float
        False-discovery rate of the edges reported; in (0, 1).
    draws : int
        Datasets drawn under the null; at least 1/level − 1.
    hold_s : float
        Periods in which accounts keep how much they do, in seconds; 0: one period.
    least : int
        Accounts of a ring.
    fusion : str
        ``joint`` (all layers as one; an occasion counts once), ``cauchy`` or ``brown``.
    strict : bool
        Whether edges must also be those of a validated network at ``fdr`` (:mod:`detectors.coaction.svn`).
    grow : bool
        Whether accounts in a ring's bursts are taken in.
    cell_s : float or None
        Stretch of time that is one occasion; ten windows by default.
    seed : int
        Of the drawn datasets.
    """

    level: float = 0.05
    fdr: float = 0.05
    draws: int = 99
    hold_s: float = 86_400.0
    least: int = 3
    fusion: str = "joint"
    strict: bool = False
    grow: bool = True
    cell_s: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not (0 < self.level < 1 and 0 < self.fdr < 1):
            raise ValueError("level and fdr lie between 0 and 1")
        if self.fusion not in {"joint", *FUSIONS}:
            raise ValueError(f"no fusion {self.fusion!r}: joint, {' or '.join(sorted(FUSIONS, reverse=True))}")
        if (self.draws + 1) * self.level < 1:
            raise ValueError(
                f"{self.draws} drawn datasets cannot show a chance of {self.level}: 1/level − 1 are needed"
            )
        if self.least < 2 or not 0 <= self.hold_s < np.inf:
            raise ValueError("a ring has at least 2 accounts, and periods are finite and not negative")


@dataclass(frozen=True)
class FoundRing:
    """One ring.

    Attributes
    ----------
    codes : ndarray of int32
        Its accounts, sorted.
    core : ndarray of int32
        Those of its dense part; the others are its fringe.
    strength, p_value : float
        Strength of its edges, and the chance that a dataset without coordination has any ring as strong.
    density : float
        FRAUDAR's g of the core.
    edges : Pairs
        Its edges.
    bystander : mapping
        Of accounts taken in, the chance of being a bystander.
    leads : sequence of Lead
        Members in the order in which they act, who starts first.
    """

    codes: Ints
    core: Ints
    strength: float
    p_value: float
    density: float
    edges: Pairs
    bystander: dict[int, float] = field(default_factory=dict)
    leads: Sequence[Lead] = ()

    @property
    def fringe(self) -> Ints:
        """Members outside the core."""
        return np.setdiff1d(self.codes, self.core)


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    surprisal : Surprisal
        What was searched.
    chance : Chance
        What drawn datasets say.
    edges : Pairs
        Pairs at the false-discovery rate, and ``q`` of each.
    layers : ndarray of float64, shape (n_edges, n_layers)
        Rarity of each edge in each layer alone; 0 where the pair did not meet in it.
    rings : list of FoundRing
        The strongest first.
    options : Options
        How it was searched.
    judged : Surprisal or Fused, optional
        What gave pairs their rarity: layers as one (``surprisal`` itself) or combined.
    """

    surprisal: Surprisal
    chance: Chance
    edges: Pairs
    q: Floats
    layers: Floats
    rings: list[FoundRing]
    options: Options
    judged: Surprisal | Fused | None = None

    def fires(self, codes: Ints, without: Iterable[int] = (), holds: Holds | None = None) -> bool:
        """Whether some accounts would still be a ring, or hold one, without what they did on some objects.

        Parameters
        ----------
        codes : ndarray of int32
            Accounts.
        without : iterable of int
            Codes of objects, as :meth:`Surprisal.code` gives them.
        holds : callable, optional
            As in :func:`search`, for the pairs that are left.
        """
        pairs = (self.judged or self.surprisal).among(codes, without)
        pairs = pairs.where(pairs.rarity >= self.chance.threshold * (1 - 1e-9))  # sums in another order
        pairs = pairs if holds is None else pairs.where(holds(pairs))
        return any(
            float(self.chance.ring_p(strength(_inside(pairs, ring), self.chance.threshold))) <= self.options.level
            for ring in components(pairs.source, pairs.target, least=self.options.least)
        )

    def names(self, codes: Ints) -> list[str]:
        """Keys of accounts."""
        keys: list[str] = self.surprisal.names.take(pa.array(codes)).to_pylist()
        return keys


def search(
    layers: Sequence[Layer],
    names: pa.Array,
    options: Options | None = None,
    *,
    holds: Holds | None = None,
    reading: Reading | None = None,
) -> Found:
    """Find rings.

    Parameters
    ----------
    layers : sequence of Layer
        What accounts did, by action; without hubs and without what is explained.
    names : pyarrow.Array
        Sorted keys of all accounts in them.
    holds : callable, optional
        Says of pairs whether they hold against an explanation other than chance (a shared interest, an allow-list);
        those that do not are no edges. That only takes edges away, so that the levels stay upper bounds.
    reading : Reading, optional
        Reads the events; shared by searches that differ in their windows alone.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from detectors.coaction.engine import search
    >>> search([], pa.array([], pa.string())).rings
    []
    """
    options = options or Options()
    surprisal = Surprisal(layers, names, options.cell_s, options.hold_s, reading)
    judged = surprisal if options.fusion == "joint" else Fused(surprisal, options.fusion, options.seed)
    found = chance(judged, draws=options.draws, least=options.least, seed=options.seed)
    q = found.q()
    tests = [*([] if holds is None else [holds]), *([validation(surprisal, options.fdr)] if options.strict else [])]
    for test in tests:
        standing = test(found.observed)
        found, q = replace(found, observed=found.observed.where(standing)), q[standing]
    keep = q <= options.fdr
    edges = found.observed.where(keep)
    rings = _rings(surprisal, found, options)
    return Found(surprisal, found, edges, q[keep], layer_vector(surprisal, edges), rings, options, judged)


def layer_vector(surprisal: Surprisal, edges: Pairs) -> Floats:
    """Rarity of each pair in each layer alone, shape (n_edges, n_layers); 0 where it did not meet in it."""
    size = np.int64(max(surprisal.count, 1))
    wanted = edges.source * size + edges.target
    found = np.zeros((len(edges), len(surprisal.layers)))
    accounts = np.unique(np.concatenate([edges.source, edges.target]))
    for number in range(len(surprisal.layers) if len(edges) else 0):
        met = surprisal.layer(number).among(accounts)
        _, mine, theirs = np.intersect1d(wanted, met.source * size + met.target, return_indices=True)
        found[mine, number] = met.rarity[theirs]
    return found


def _rings(surprisal: Surprisal, found: Chance, options: Options) -> list[FoundRing]:
    edges = found.observed.where(found.observed.rarity >= found.threshold)
    parts = [part for component in _components(edges, found, options) for part in _parts(component, found, options)]
    growth = Growth(surprisal, parts)
    weights = column_weights(np.bincount(surprisal.events.thing))
    grown = [growth.grow(part) if options.grow else (part, {}) for part in parts]
    rings = []
    for group in merged([codes for codes, _ in grown]):
        codes = np.unique(np.concatenate([grown[i][0] for i in group])).astype(np.int32)
        own = np.unique(np.concatenate([parts[i] for i in group]))
        bystander = {a: p for i in group for a, p in grown[i][1].items() if a not in own}
        strongest = max(strength(_inside(edges, parts[i]), found.threshold) for i in group)
        rings.append(_ring(surprisal, found, codes, (bystander, strongest, _inside(edges, codes)), weights))
    return sorted(rings, key=lambda r: (-r.strength, r.codes.tolist()))


def _inside(edges: Pairs, codes: npt.NDArray[np.int32]) -> Pairs:
    """Edges between some (sorted) accounts; edges come by source."""
    bounds = [np.searchsorted(edges.source, codes, side) for side in ("left", "right")]
    rows = np.concatenate([np.empty(0, np.int64), *(np.arange(b, e) for b, e in zip(*bounds, strict=True))])
    return edges.where(rows[np.isin(edges.target[rows], codes)])


def _components(edges: Pairs, found: Chance, options: Options) -> list[Pairs]:
    """The edges of each component that is significant, in the order of their first account."""
    if not len(edges):
        return []
    nodes, label = labelled(edges.source, edges.target)
    mine = label[np.searchsorted(nodes, edges.source)]
    strong = np.bincount(mine, weights=edges.rarity - found.threshold + 1.0)
    keep = (np.bincount(label) >= options.least) & (found.ring_p(strong) <= options.level)
    order = np.argsort(mine, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(mine[order])) + 1)
    return sorted((edges.where(g) for g in groups if keep[mine[g[0]]]), key=lambda e: int(e.source[0]))


def _parts(edges: Pairs, found: Chance, options: Options) -> list[Ints]:
    """The rings in a significant component: its communities where they stand alone, each with those that do not."""
    nodes = np.unique(np.concatenate([edges.source, edges.target])).astype(np.int32)
    label = communities(edges.source, edges.target, options.seed)
    ends = [label[np.searchsorted(nodes, side)] for side in (edges.source, edges.target)]
    within = ends[0] == ends[1]
    count = int(label.max()) + 1
    strong = np.bincount(ends[0][within], weights=edges.rarity[within] - found.threshold + 1.0, minlength=count)
    large = (np.bincount(label) >= options.least) & (strong > 0)
    alone = np.flatnonzero(large & (found.ring_p(strong) <= options.level)).tolist()
    if len(alone) < 2:
        return [nodes]
    home = _homes(Counter(zip(ends[0].tolist(), ends[1].tolist(), strict=True)), alone)
    where = np.array([home[c] for c in range(count)])
    return [nodes[where[label] == h] for h in alone]


def _homes(ties: Mapping[tuple[int, int], int], alone: Sequence[int]) -> dict[int, int]:
    """The part that each community belongs to: one that does not stand alone goes where most of its edges lead.

    ``ties`` counts edges by the communities of their ends, which all hang together.
    """
    beside: dict[int, Counter[int]] = {}
    for (a, b), count in ties.items():
        beside.setdefault(a, Counter())[b] += count
        beside.setdefault(b, Counter())[a] += count
    home = {c: c for c in alone}
    pull: Counter[tuple[int, int]] = Counter()

    def settled(community: int, where: int) -> None:
        for other, count in beside.get(community, {}).items():
            if other not in home:
                pull[where, other] += count

    for c in alone:
        settled(c, c)
    while pull:
        where, who = min(pull, key=lambda t: (-pull[t], t))
        home[who] = where
        for key in [key for key in pull if key[1] == who]:
            del pull[key]
        settled(who, where)
    return home


def _ring(
    surprisal: Surprisal, found: Chance, codes: Ints, parts: tuple[dict[int, float], float, Pairs], weights: Floats
) -> FoundRing:
    bystander, strong, edges = parts
    rows, bursts = together(surprisal, codes)
    events = surprisal.events
    places = np.unique(np.stack([events.thing[rows], surprisal.board.cells[rows]]), axis=1, return_inverse=True)
    dense, density = densest(events.actor[rows], places[1], weights[places[0][0]])
    doubtful = [a for a, p in bystander.items() if p > SURE]
    core = np.setdiff1d(dense, doubtful).astype(np.int32)
    core = core if len(core) else np.setdiff1d(codes, doubtful)
    order = leads(events.actor[rows], events.at[rows], bursts)
    p = float(found.ring_p(strong))
    return FoundRing(codes, core, strong, p, density, edges, bystander, order)


def together(surprisal: Surprisal, codes: Ints) -> tuple[Longs, Longs]:
    """The events in which members of a ring are together.

    Returns
    -------
    events : ndarray of int64
        Places in the events, by object and time.
    bursts : ndarray of int64
        The occasion of each: a run of them on one object, each within a window of the one before.
    """
    events, board = surprisal.events, surprisal.board
    mine = events.of(codes)
    mine = mine[board.high[mine] - board.low[mine] > 1]  # on hubs nobody meets anybody
    if not len(mine):
        return mine, mine
    thing, at, who = events.thing[mine], events.at[mine], events.actor[mine]
    widths = np.array([layer.width for layer in surprisal.layers], np.int64)[events.layer[mine]]
    fresh = np.concatenate([[True], (np.diff(thing) != 0) | (np.diff(at) > widths[1:])])
    burst = np.cumsum(fresh) - 1
    pairs = np.unique(np.stack([burst, who]), axis=1)[0]
    several = np.bincount(pairs)[burst] > 1
    return mine[several], burst[several]
