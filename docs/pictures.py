"""Make the pictures of the documentation from the real dashboard.

    python -m docs.pictures sqlite:///FILE DATA_DIR [--cases URL] [--out FOLDER] [--width PIXELS] [--dark] [--only NAME]…

Serves the store and saves every page of the navigation as ``docs/img/dashboard/PATH.png``, then the steps of the walk
in ``docs/dashboard.md`` and the README's picture. A new page is found by itself; one that is more than its address asks
for has a line in :data:`ASKED`. In the casebook a case is opened to be shown. ``make pictures`` does it for the demo network, whose seed is fixed.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from cases import caseload
from cases.casebook import Casebook
from cases.evidence import snapshots
from cases.intake import subjects_of
from cases.lifecycles import Severity
from cases.people import lone
from cases.storage.database import Database
from dashboard import navigation
from graph.findings import Finding
from graph.store import View, open_store
from tests import browser

IMAGES = Path(__file__).parent / "img"
PAGES = IMAGES / "dashboard"
MAX_BYTES = 150_000
WIDTH, HEIGHT = 1280, 900
_TALLEST = 1500  # of a page that is longer, its beginning

_PICTURES = re.compile("^stBidiComponent")
_FILLED = """frame => {
  const canvas = frame.querySelector('.stage canvas');
  const { width, height } = canvas, scale = width / canvas.clientWidth;
  const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  const warm = (x, y) => { const i = 4 * (y * width + x); return pixels[i] > 180 && pixels[i + 2] < 60 && pixels[i + 3] > 250; };
  for (let y = 8; y < height - 8; y++)
    for (let x = 8; x < width - 8; x++)
      if ([-6, -3, 0, 3, 6].every((d) => warm(x + d, y) && warm(x, y + d))) return [x / scale, y / scale];
  return [width / scale / 2, height / scale / 2];
}"""
"""Where a node in the colours of suspicion is: a place with that colour all around it."""

Act = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the store is shown: a ring, another one like it, and an account, a ticker and a link of the first."""

    ring: Finding
    other: Finding
    pump: Finding  # one with prices, where there is any
    case: str = ""  # one about the ring

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Chosen:
        """The most urgent ring that promotes a ticker and a link, and the next of its kind.

        Raises
        ------
        ValueError
            Fewer than two findings name both.
        """
        rings = [f for f in findings if f.members and f.tickers]
        rings.sort(key=lambda f: (not f.links, findings.index(f)))
        if len(rings) < 2:
            raise ValueError("fewer than two findings name accounts and tickers; run `lockstep demo` first")
        first = rings[0]
        pump = next((f for f in rings if f.kind == "coordinated_pump"), first)
        return cls(first, next((f for f in rings[1:] if f.kind == first.kind), rings[1]), pump)


ASKED: dict[str, Callable[[Chosen], dict[str, str]]] = {
    "investigate": lambda c: {"finding": c.ring.id},
    "cases": lambda c: {"case": c.case} if c.case else {},
    "time": lambda c: {"finding": c.pump.id},
    "account": lambda c: {"key": c.ring.members[0].account},
    "ticker": lambda c: {"key": c.ring.tickers[0]},
    "link": lambda c: {"key": c.ring.links[0]} if c.ring.links else {},
    "compare": lambda c: {"a": c.ring.id, "b": c.other.id},
    "similar": lambda c: {"finding": c.ring.id},
}
"""What the address of a page asks for, by its path."""


def opened(url: str, view: View, ring: Finding) -> str:
    """A new case about a ring, with its evidence frozen and its work begun; gives its id."""
    book = Casebook(Database(url))
    try:
        with book.change(lone()) as change:
            about = subjects_of(ring)
            case_id = caseload.open_case(change, f"Copied posts about ${ring.tickers[0]}", Severity.S2, about=about)
            snapshots.freeze(change, case_id, view, ring.id)
            caseload.claim(change, case_id)
            caseload.move(change, case_id, "investigate")
            caseload.write(change, case_id, "Ask Compliance whether a campaign is known.")
    finally:
        book.close()
    return case_id


def _check(page: Page, handles: str) -> None:
    page.get_by_role("textbox").first.fill(handles)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("Not found is not clean")).to_be_visible()


def _ask(page: Page) -> None:
    page.get_by_placeholder("SELECT").fill(
        "SELECT kind, priority, count(*) AS findings\nFROM findings\nGROUP BY ALL\nORDER BY findings DESC"
    )
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("rows · ")).to_be_visible()


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its name, the page's path with what it asks for, and what is done there first."""

    name: str
    path: str
    query: dict[str, str]
    act: Act | None = None
    tall: bool = True


def shots(chosen: Chosen, handles: str) -> Iterator[Shot]:
    """Every page of the navigation, then the walk."""
    acts: dict[str, Act] = {"check": lambda p: _check(p, handles), "sql": _ask}
    for at, screen in enumerate(navigation.discover()):
        path = screen.path if at else ""  # the first is marked in the menu where it answers to no path
        query = ASKED[screen.path](chosen) if screen.path in ASKED else {}
        yield Shot(screen.path, path, query, acts.get(screen.path))
    yield Shot("walk-evidence", "investigate", {"finding": chosen.ring.id}, _put_evidence, tall=False)
    yield Shot("walk-finding", "findings", {"finding": chosen.ring.id})
    yield Shot("walk-posts", "findings", {"finding": chosen.ring.id}, _first_post, tall=False)
    yield Shot("walk-node", "investigate", {"finding": chosen.ring.id}, _select_node, tall=False)


def _first_post(page: Page) -> None:
    table = page.locator("[class*='st-key-posts-'] .dvn-scroller").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": 18, "y": 36 + 36})  # its box, below the header
    post = page.locator(".st-key-post")
    expect(post).to_be_visible()
    post.scroll_into_view_if_needed()


def _put_evidence(page: Page) -> None:
    frame = browser.picture(page)
    turn = int(frame.get_attribute("data-drawn") or 0)
    table = page.locator("[class*='st-key-why-'] .dvn-scroller").first
    table.click(position={"x": 18, "y": 36 + 36})
    page.get_by_role("button", name="Put its evidence into the picture").click()
    browser.picture(page, turn + 1)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")


def _select_node(page: Page) -> None:
    frame = browser.picture(page)
    turn = int(frame.get_attribute("data-drawn") or 0)
    x, y = frame.evaluate(_FILLED)
    frame.locator("canvas").first.click(position={"x": x, "y": y})
    browser.picture(page, turn + 1)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")


@contextmanager
def looked_at(running: Browser, *, width: int = WIDTH, dark: bool = False) -> Iterator[tuple[Page, browser.Guard]]:
    """A page in a zone that is not UTC, and what it asks for."""
    page = running.new_page(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if dark else "light",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    guard = browser.Guard()
    guard.watch(page)
    try:
        yield page, guard
    finally:
        page.close()


def shoot(page: Page, address: str, shot: Shot, path: Path) -> int:
    """Save one picture, in as few colours as keep it below the limit; returns the bytes written."""
    width = page.viewport_size["width"] if page.viewport_size else WIDTH
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.goto(f"{address}/{shot.path}?{urlencode(shot.query)}")
    ready(page)
    if shot.act:
        shot.act(page)
        ready(page)
    if shot.tall:  # the page scrolls in a part of its own: the window is made as tall as what is in it
        tall = int(page.evaluate("document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 0"))
        page.set_viewport_size({"width": width, "height": min(max(tall, 500), _TALLEST)})
        ready(page)
    return saved(page.screenshot(animations="disabled"), path)


def ready(page: Page) -> None:
    """Wait until the run has ended, and what it showed is drawn."""
    browser.settled(page)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    empty = page.get_by_test_id(_PICTURES).filter(has_not=page.locator("[data-drawn]"))
    expect(empty).to_have_count(0)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    browser.settled(page)


def saved(png: bytes, path: Path, limit: int = MAX_BYTES) -> int:
    """The picture in a palette, of fewer colours until it is below the limit.

    Raises
    ------
    ValueError
        It is larger even with 16 colours.
    """
    image = Image.open(io.BytesIO(png)).convert("RGB")
    path.parent.mkdir(parents=True, exist_ok=True)
    for colours in (128, 64, 32, 16):
        image.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        size = path.stat().st_size
        if size <= limit:
            return size
    raise ValueError(f"{path} is larger than {limit:,} bytes")


def main(arguments: Sequence[str]) -> int:
    """Write the pictures; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m docs.pictures", description="Make the pictures of the docs.")
    parser.add_argument("store")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--cases", default="", help="casebook that is shown, and in which a case is opened")
    parser.add_argument("--out", type=Path, default=PAGES)
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--only", action="append", default=[], help="name of a picture; may be repeated")
    said = parser.parse_args(arguments)
    with open_store(said.store, said.data_dir) as store, store.view() as view:
        chosen = Chosen.of(view.findings())
        known = [view.account(a) for a in chosen.ring.accounts[:3]]
        if said.cases:
            chosen = replace(chosen, case=opened(said.cases, view, chosen.ring))
    handles = "\n".join([*(f"@{a.handle}" for a in known if a and a.handle), "@not_loaded", *chosen.ring.links[:1]])
    with (
        browser.serving(said.store, said.data_dir, {"LOCKSTEP_CASES_URL": said.cases} if said.cases else {}) as address,
        browser.chromium() as running,
        looked_at(running, width=said.width, dark=said.dark) as (page, guard),
    ):
        for shot in shots(chosen, handles):
            if not said.only or shot.name in said.only:
                path = said.out / f"{shot.name}.png"
                sys.stdout.write(f"{path}: {shoot(page, address, shot, path):,} bytes\n")
    if guard.outside:
        sys.stderr.write(f"the page asked other hosts: {guard.outside}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
