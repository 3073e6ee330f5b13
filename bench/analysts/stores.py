"""Stores that the dashboard is measured on, and pictures to ask for that nobody asked for before."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc

from bench.peers import ROOT, lockstep
from bench.planting.platform import Platform, Size, load, load_market
from dashboard.canvas import commands as c
from dashboard.canvas.facets import FACETS, reach
from dashboard.canvas.scene import CAP, FIRST
from graph.model import NodeRef, NodeType
from graph.store import View, open_store
from tests import flagged

LARGE = Size(posts=1_000_000)
SMALL = Size(posts=6_000, tickers=6, rings=2, pumps=1)
SEED = 9
_FACET = "accounts"
_LOOKED_AT = 40  # tickers, the most posted first


@dataclass(frozen=True)
class Looked:
    """One store."""

    url: str
    data: Path

    @contextmanager
    def view(self) -> Iterator[View]:
        """Its newest commit."""
        with open_store(self.url, self.data, create=False) as store, store.view() as view:
            yield view


def at(folder: Path) -> Looked:
    """The store in a folder, laid out as ``lockstep demo --out`` leaves it."""
    return Looked(f"sqlite:///{folder / 'lockstep.db'}", folder / "store")


def demo(folder: Path) -> Looked:
    """A fresh demo network with its findings."""
    _done(lockstep("demo", "--out", str(folder)))
    return at(folder)


def large(folder: Path) -> Looked:
    """A made platform of 1e6 posts with what the detectors find in it."""
    found = planted(folder, LARGE)
    _done(lockstep("detect", "--store", found.url, "--data-dir", str(found.data)))
    return found


def small(folder: Path) -> Looked:
    """A few thousand posts, and findings made by hand."""
    found = planted(folder, SMALL)
    with open_store(found.url, found.data) as store:
        flagged.load(store)
        flagged.flag(store, [flagged.shilling(), flagged.sybil()])
    return found


def planted(folder: Path, size: Size) -> Looked:
    """A made platform without findings."""
    found = at(folder)
    found.data.mkdir(parents=True, exist_ok=True)
    platform = Platform(size, SEED)
    with open_store(found.url, found.data) as store:
        load(store, platform.tables)
        load_market(store, platform)
    return found


def _done(command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")


@dataclass(frozen=True)
class Hub:
    """A ticker that many accounts post, and those that expanding it shows, in their order."""

    node: NodeRef
    accounts: tuple[NodeRef, ...]

    def opened(self) -> tuple[c.Command, ...]:
        """The hub alone."""
        return (c.Add((self.node,)),)

    def around(self, nodes: int = FIRST) -> tuple[c.Command, ...]:
        """Its neighbourhood: so many nodes, the hub among them."""
        return (*self.opened(), c.Expand(self.node, _FACET, limit=nodes - 1))


def hubs(view: View, least: int = FIRST - 1) -> list[Hub]:
    """Tickers with at least so many accounts among their newest posts, the most posted first."""
    tally: Counter[str] = Counter()
    for batch in view.scan("posts", columns=["tickers"]):
        for pair in pc.value_counts(pc.list_flatten(batch.column(0))).to_pylist():
            tally[pair["values"]] += pair["counts"]
    found = []
    for ticker, _ in tally.most_common(_LOOKED_AT):
        node = NodeRef(NodeType.TICKER, ticker)
        accounts = tuple(line.source for line in reach(view, node, FACETS[_FACET]).lines)
        if len(accounts) >= least:
            found.append(Hub(node, accounts))
    return found


def expandable(view: View, hub: Hub, nodes: int) -> dict[str, int]:
    """Accounts of a neighbourhood that expanding adds to, and how many nodes it adds."""
    found = {}
    for node in hub.accounts[: nodes - 1]:
        there = {hub.node, *hub.accounts[: nodes - 1]}
        ways = reach(view, node, FACETS["tickers"], suspicion={}).lines
        more = [line.target for line in ways if line.target not in there]
        if 0 < len(more) <= c.Expand(node, "tickers").limit - 1:  # the hub itself may be among those taken
            found[str(node)] = len(more)
    return found


def full(hubs: Sequence[Hub], first: int, nodes: int = CAP) -> tuple[c.Command, ...]:
    """A picture of so many nodes: several hubs with their accounts, other ones first for each ``first``."""
    turned = [*hubs[first % len(hubs) :], *hubs[: first % len(hubs)]]
    known: set[NodeRef] = set()
    chosen = []
    for hub in turned:
        if len(known) < nodes:
            chosen.append(hub)
            known |= {hub.node, *hub.accounts[:FIRST]}
    return (c.Add(tuple(h.node for h in chosen)), *(c.Expand(h.node, _FACET, limit=FIRST) for h in chosen))
