"""The dashboard in use: a real browser at the served program, and sessions that work side by side.

On a fresh demo network and on a made platform of 1e6 posts, over SQLite. Every picture is one that this server was not
asked for before: its neighbours are ranked, its places found, while the clock runs. The server is warm: each page was
opened once. Clocks run in the page, from the press (the event's own time) to the second animation frame after the
picture stands still, or after all that is known of the node is beside it; where a page is opened by its address,
from the beginning of the navigation.

The sessions are websocket clients (:mod:`bench.analysts.sessions`), twenty with a picture of their own each, for two
minutes one action every five seconds. Their memory is what the server's process grows by between all pictures having
been played once and the end of their work, by session; and again after they left and the server forgot them.

``--demo FOLDER`` and ``--large FOLDER`` take stores that are there already, laid out as ``lockstep demo --out`` leaves
them.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from bench.analysts import stores
from bench.analysts.clock import Clock, browser
from bench.analysts.sessions import Picture, Plan, Worked, work
from bench.analysts.stores import Hub, Looked
from bench.report import Result, at_least, at_most, tail
from dashboard.canvas.commands import to_link
from dashboard.canvas.scene import CAP, FIRST
from tests.browser import serving

SEED = 5
SETTLE_S = 150.0
"""Seconds after which the server has forgotten sessions that are gone."""


@dataclass(frozen=True)
class Form:
    """How much is done.

    Attributes
    ----------
    nodes, most : int
        Nodes of a neighbourhood, and of the largest picture.
    hubs, clicks, expansions : int
        Neighbourhoods opened, and in each so many clicks and expansions.
    loads : int
        Times that each page, and the largest picture, is opened.
    sessions : int
        Sessions side by side; ``every`` and ``seconds`` say how often each acts, and for how long.
    """

    nodes: int = FIRST
    most: int = CAP
    hubs: int = 8
    clicks: int = 12
    expansions: int = 6
    loads: int = 5
    sessions: int = 20
    every: float = 5.0
    seconds: float = 120.0
    left: float = SETTLE_S


FULL = Form()
QUICK = Form(60, 90, 1, 2, 1, 1, 3, 0.5, 2.0, 0.0)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Stores that are there already."""
    parser.add_argument("--demo", type=Path, help="a demo's folder, in place of a fresh one")
    parser.add_argument("--large", type=Path, help="the folder of a larger store, in place of a made one")


def run(*, quick: bool, demo: Path | None = None, large: Path | None = None) -> list[Result]:
    """Both stores; the quick form a small one, with few clicks and sessions."""
    with tempfile.TemporaryDirectory(prefix="lockstep-dashboard-") as temporary:
        folder = Path(temporary)
        if quick:
            return measured("small", stores.small(folder / "small"), QUICK)
        first = stores.at(demo) if demo else stores.demo(folder / "demo")
        found = measured("demo", first, FULL)
        second = stores.at(large) if large else stores.large(folder / "large")
        return [*found, *measured("large", second, FULL)]


def measured(name: str, looked: Looked, form: Form) -> list[Result]:
    """All figures of one store, each part at a server of its own."""
    with looked.view() as view:
        hubs, seq = stores.hubs(view, form.nodes - 1), view.seq
        findings = [f.id for f in view.findings()][:10]
        reached = {h: stores.expandable(view, h, form.nodes) for h in hubs[: form.hubs]}
        size = [
            at_least("posts", [view.count("posts")], "posts"),
            at_least("accounts", [view.count("accounts")], "accounts"),
        ]
    results = _named(name, [*size, *clicked(looked, form, hubs, reached, seq)])
    pictures = [_picture(hubs, number, form.nodes, seq) for number in range(form.sessions)]
    plan = Plan(pictures, findings, form.every, form.seconds, form.left, SEED)
    with served(looked) as (address, pid):
        results += _named(name, together(work(address, pid, plan), form))
    return results


def _named(name: str, results: Sequence[Result]) -> list[Result]:
    """Results of one store, said as soon as they are known, with how busy the machine was."""
    load = at_most("load average over the last minute", [os.getloadavg()[0]], "1")
    found = [replace(r, name=f"{name}: {r.name}") for r in (*results, load)]
    for result in found:
        sys.stdout.write(f"{result.name}: {result.value:.4g} {result.unit}\n")
    sys.stdout.flush()
    return found


@contextmanager
def served(looked: Looked) -> Iterator[tuple[str, int]]:
    """Address and process of a fresh server."""
    with serving(looked.url, looked.data) as address:
        here = psutil.Process().children()
        yield address, next(p.pid for p in here if "streamlit" in " ".join(p.cmdline()))


def clicked(
    looked: Looked, form: Form, hubs: Sequence[Hub], reached: dict[Hub, dict[str, int]], seq: int
) -> list[Result]:
    """What one analyst waits for, in a browser."""
    began = time.perf_counter()
    with served(looked) as (address, _), browser() as running:
        clock = Clock(running.new_page(viewport={"width": 1440, "height": 1000}), address)
        started = time.perf_counter() - began
        first = clock.opened("", _OVERVIEW)
        pages = {
            "the overview": [clock.opened("", _OVERVIEW) for _ in range(form.loads)],
            "the list of findings": [clock.opened("findings", _FINDINGS) for _ in range(form.loads + 1)][1:],
        }
        _alone(clock, hubs[-1], seq)  # warms the page
        shown: list[float] = []
        details: list[float] = []
        expanded: list[float] = []
        for hub in hubs[: form.hubs]:
            _alone(clock, hub, seq)
            shown.append(clock.neighbourhood(str(hub.node), form.nodes))
            details += _details(form.clicks, hub, clock)
            expanded += _expanded(clock, form, reached[hub])
        full: list[float] = []
        looked_up: list[float] = []
        for number in range(form.loads):
            link = to_link(stores.full(hubs, number, form.most), seq)
            full.append(clock.opened_picture(f"investigate?view={link}", form.most))
            looked_up += _details(form.clicks, hubs[number % len(hubs)], clock)
    return [
        at_most("server's start to the first page in a fresh browser", [started + first / 1e3], "s"),
        *(worst(f"opening {name}, the slowest of {len(ms)}", ms, "ms") for name, ms in pages.items()),
        worst(
            f"{form.nodes} nodes, press to a picture that stands still, the slowest of {len(shown)}",
            shown,
            "ms",
            1500.0,
        ),
        tail(f"click to details in {form.nodes} nodes, p95 of {len(details)}", details, 400.0),
        tail(f"expand in {form.nodes} nodes, p95 of {len(expanded)}", expanded, 800.0),
        worst(
            f"{form.most:,} nodes, address to a picture that stands still, the slowest of {len(full)}",
            full,
            "ms",
            5000.0,
        ),
        *([tail(f"click to details in {form.most:,} nodes, p95 of {len(looked_up)}", looked_up)] if looked_up else []),
    ]


_OVERVIEW = "[class*=st-key-top-]"
_FINDINGS = ".st-key-findings-list [data-testid=stDataFrame]"


def _alone(clock: Clock, hub: Hub, seq: int) -> None:
    """The picture of a hub and nothing else."""
    clock.opened_picture(f"investigate?view={to_link(hub.opened(), seq)}", 1)
    clock.idle()


def _details(count: int, hub: Hub, clock: Clock) -> list[float]:
    """Clicks on nodes in an order drawn by chance; those that cannot be hit are passed over."""
    nodes = [str(n) for n in hub.accounts]
    random.Random(SEED).shuffle(nodes)
    drawn = set(clock.drawn())
    found: list[float] = []
    for node in nodes:
        if len(found) == count:
            break
        if node not in drawn or clock.spot(node) is None:
            continue
        clock.rest()
        taken = clock.details(node)
        if taken is not None:
            found.append(taken)
    return found


def _expanded(clock: Clock, form: Form, reached: dict[str, int]) -> list[float]:
    """Expansions of one node each, every one taken back before the next."""
    found: list[float] = []
    for node, more in reached.items():
        if len(found) == form.expansions:
            break
        if clock.spot(node) is None:
            continue
        clock.rest()
        taken = clock.expanded(node, form.nodes + more)
        if taken is not None:
            found.append(taken)
            clock.idle()
            clock.pressed("z")
    return found


def _picture(hubs: Sequence[Hub], number: int, nodes: int, seq: int) -> Picture:
    """One for each session: no two have the same neighbourhood with the same number of nodes."""
    hub, fewer = hubs[number % len(hubs)], number // len(hubs)
    return Picture(hub.around(nodes - fewer), seq, [str(n) for n in hub.accounts[: nodes - fewer - 1]])


def together(worked: Worked, form: Form) -> list[Result]:
    """What sessions took that worked side by side.

    Raises
    ------
    RuntimeError
        A page failed.
    """
    if worked.failures:
        raise RuntimeError(f"{len(worked.failures)} runs failed: {worked.failures[0]}")
    count = form.sessions
    who = f"{count} sessions, one action each {form.every:g} s"
    grown = [(mb - worked.before_mb) / count for mb in (worked.during_mb, worked.after_mb)]
    return [
        tail(f"{who}: rerun, p95 of {len(worked.all)}", [1e3 * s for s in worked.all], 1000.0),
        *(
            tail(f"{who}: {what}, p95 of {len(seconds)}", [1e3 * s for s in seconds])
            for what, seconds in sorted(worked.seconds.items())
        ),
        at_most(f"{who}: cores that the server was busy", [worked.cpu], "cores"),
        at_most(f"{who}: memory of a session", grown[:1], "MB"),
        at_most(f"{who}: what is left of it {form.left:g} s after they left", grown[1:], "MB"),
        at_most("memory of the server, every picture played once", [worked.before_mb], "MB"),
    ]


def worst(name: str, values: Sequence[float], unit: str, target: float | None = None) -> Result:
    """The largest of some, with their range."""
    largest = max(values)
    return Result(name, largest, unit, target, None if target is None else largest < target, min(values), largest)
