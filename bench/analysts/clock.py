"""Clocks in a real browser: from the press of a button to the frame in which what it asked for is drawn.

A press is noted in the page, before anything else hears of it, with the event's own time; the end is the second
animation frame after the picture of that turn, or the text, is there. A page that is opened by its address is measured
from the navigation's start. The network that vis draws is seen by standing before its library, so that nodes can be
hit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser import chromium

WAIT_MS = 60_000
_REST_MS = 600
_SEEN = """
  window.pressed = 0;
  addEventListener('pointerdown', (event) => { window.pressed = event.timeStamp; }, true);
  const pictures = [];
  let library;
  Object.defineProperty(window, 'vis', {
    configurable: true,
    set: (found) => { library = found; },
    get: () => library?.Network && new Proxy(library, {
      get: (from, name) => (name === 'Network' ? Seen(from.Network) : from[name]),
    }) || library,
  });
  const Seen = (Network) => class extends Network {
    constructor(...given) { super(...given); pictures.push(this); }
  };
  window.picture = () => pictures.filter((p) => p.canvas?.frame.isConnected).at(-1);
  window.turn = () => Number(window.picture()?.body.container.closest('.frame')?.dataset.drawn ?? -1);
  window.drawnNodes = () => window.picture()?.body.data.nodes.length ?? 0;
  window.places = () => JSON.stringify(window.picture()?.getPositions() ?? {});
  window.watched = (there) => new Promise((done, failed) => {
    const until = performance.now() + WAIT;
    const look = () => {
      if (there()) requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
      else if (performance.now() > until) failed(new Error(`not there: ${there}`));
      else requestAnimationFrame(look);
    };
    look();
  });
""".replace("WAIT", str(WAIT_MS))
_STABLE = """({ nodes, after }) => {
  let before = '';
  const stands = () => {
    if (window.turn() <= after || window.drawnNodes() < nodes) return false;
    const now = window.places();
    const same = now === before;
    before = now;
    return same;
  };
  window.wait = window.watched(stands);
}"""
_THERE = """({ selector, idle }) => {
  const app = () => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState;
  window.wait = window.watched(() => document.querySelector(selector) && (!idle || app() === 'notRunning'));
}"""
_SPOT = """(id) => {
  const picture = window.picture();
  const spot = picture.canvasToDOM(picture.getPosition(id));
  const box = picture.canvas.frame.getBoundingClientRect();
  const [x, y] = [Math.round(box.left + spot.x), Math.round(box.top + spot.y)];  // a mouse stands on whole pixels
  const at = { x: x - box.left, y: y - box.top };
  const inside = at.x > 4 && at.y > 4 && at.x < box.width - 4 && at.y < box.height - 4;
  const alone = [[0, 0], [4, 0], [-4, 0], [0, 4], [0, -4]].every(
    ([right, down]) => picture.getNodeAt({ x: at.x + right, y: at.y + down }) === id,
  );
  return inside && alone ? [x, y] : null;
}"""


class Clock:
    """One page of a browser that works at this server alone."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        page.add_init_script(f"{{ {_SEEN} }}")
        page.set_default_timeout(WAIT_MS)

    def opened(self, path: str, selector: str) -> float:
        """Milliseconds from going to an address until something is there and the run has ended."""
        self.page.goto(f"{self.address}/{path}", wait_until="commit")
        self.page.evaluate(_THERE, {"selector": selector, "idle": True})
        return self._over()

    def opened_picture(self, path: str, nodes: int) -> float:
        """Milliseconds from going to an address until a picture of so many nodes stands still."""
        self.page.goto(f"{self.address}/{path}", wait_until="commit")
        self.page.evaluate(_STABLE, {"nodes": nodes, "after": -1})
        return self._over()

    def _over(self) -> float:
        """When it ended, on the page's clock: milliseconds after the navigation began."""
        return float(self.page.evaluate("() => window.wait"))

    def _since_press(self) -> float:
        ended = self._over()
        return ended - float(self.page.evaluate("() => window.pressed"))

    def spot(self, node: str) -> tuple[float, float] | None:
        """Where on the page a node can be hit; None where another lies over it or by it, or it is out of sight."""
        found = self.page.evaluate(_SPOT, node)
        return (found[0], found[1]) if found else None

    def details(self, node: str) -> float | None:
        """Milliseconds from pressing on a node until all that is known of it is beside the picture."""
        spot = self.spot(node)
        if spot is None:
            return None
        self.page.evaluate(_THERE, {"selector": f".{css_class(f'note-text-{node}')}", "idle": False})
        self.page.mouse.click(*spot)
        return self._since_press()

    def expanded(self, node: str, nodes: int) -> float | None:
        """Milliseconds from the second press on a node until a picture of so many nodes stands still."""
        spot = self.spot(node)
        if spot is None:
            return None
        self.page.evaluate(_STABLE, {"nodes": nodes, "after": self.turn()})
        self.page.mouse.dblclick(*spot)
        return self._since_press()

    def neighbourhood(self, node: str, nodes: int) -> float:
        """Milliseconds from asking for a node's neighbours, so many at most, until their picture stands still.

        The node is the only one of the picture.
        """
        self.details(node)
        self.idle()
        most = self.page.get_by_label("At most")
        most.fill(str(nodes - 1))
        most.press("Tab")
        self.page.evaluate(_STABLE, {"nodes": nodes, "after": self.turn()})
        self.page.get_by_role("button", name="Show", exact=True).click()
        taken = self._since_press()
        self.idle()
        return taken

    def pressed(self, key: str) -> None:
        """A key in the picture, and the picture that follows."""
        before = self.turn()
        self.page.locator(".frame").press(key)
        self.page.evaluate(_STABLE, {"nodes": 0, "after": before})
        self._over()

    def turn(self) -> int:
        """Number of the turn that is drawn."""
        return int(self.page.evaluate("() => window.turn()"))

    def drawn(self) -> list[str]:
        """Ids of the nodes that are drawn."""
        found: list[Any] = self.page.evaluate("() => window.picture().body.data.nodes.getIds()")
        return [str(x) for x in found]

    def rest(self) -> None:
        """Wait until nothing runs, and as long as it takes that the next click is no second one."""
        self.idle()
        self.page.wait_for_timeout(_REST_MS)

    def idle(self) -> None:
        """Wait until the page's run has ended."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def css_class(key: str) -> str:
    """The class that Streamlit gives an element of this key."""
    return "st-key-" + "".join(x if x.isascii() and (x.isalnum() or x in "_-") else "-" for x in key)


@contextmanager
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with chromium() as running:
        yield running
