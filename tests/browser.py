"""The real dashboard in a real browser that may speak to this machine alone."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import (
    Browser,
    Dialog,
    Error,
    Locator,
    Page,
    Request,
    Route,
    WebSocket,
    expect,
    sync_playwright,
)
from playwright.sync_api import TimeoutError as NotShown

from dashboard import server
from lockstep import config
from tests.needs import program

PATIENCE_MS = 60_000  # a busy machine is no failure
AGAIN_MS = 15_000  # after which a press that nothing followed is made again
expect.set_options(timeout=PATIENCE_MS)

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_COUNT_DRAWN = """frame => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
  const canvas = frame.querySelector('.stage canvas');
  if (!canvas?.width || !canvas.height) return done(0);
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let drawn = 0;
  for (let i = 3; i < pixels.length; i += 4) drawn += pixels[i] > 0;
  done(drawn);
})))"""
_STILL = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
  const app = document.querySelector('[data-testid=stApp]')?.dataset;
  const idle = app?.testScriptState === 'notRunning' && app.testConnectionState === 'CONNECTED';
  done(idle && document.querySelector('[data-stale=true]') === null);
})))"""

_GO = """to => {
  history.pushState({}, '', to);
  dispatchEvent(new PopStateEvent('popstate', { state: {} }));
}"""


@contextmanager
def serving(store_url: str, data_dir: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The dashboard of a store, served as ``lockstep dashboard`` serves it; gives its address.

    ``settings`` are more variables; ``{port}`` in them stands for the port.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    more = {k: v.replace("{port}", str(port)) for k, v in (settings or {}).items()}
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LOCKSTEP_", "COV_", "COVERAGE_"))} | {
        "LOCKSTEP_STORE_URL": store_url,
        "LOCKSTEP_STORE_DATA_DIR": str(data_dir),
        "PYTHONUNBUFFERED": "1",
        **more,
    }
    command = server.command(config.load(environ=more), port=port)
    process = subprocess.Popen(
        command, env=environment, cwd=data_dir, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    rest: threading.Thread | None = None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "URL:" in line:
                break
        else:
            raise RuntimeError(f"the dashboard did not start:\n{''.join(said)}")
        rest = threading.Thread(target=process.stdout.read)  # else what it writes would fill the pipe and stop it
        rest.start()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        if rest is not None:
            rest.join()
        process.stdout.close()


def serving_in(environment: Mapping[str, str]) -> AbstractContextManager[str]:
    """The dashboard of the store that variables name."""
    names = ("LOCKSTEP_STORE_URL", "LOCKSTEP_STORE_DATA_DIR")
    more = {k: v for k, v in environment.items() if k not in names}
    return serving(environment[names[0]], Path(environment[names[1]]), more)


@dataclass
class Guard:
    """What a page asked other hosts for (nothing of it was let through), asked at all, popped up, and raised."""

    outside: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Stand before everything the page asks for, and have what is done on it wait as long as what is expected."""
        page.set_default_timeout(PATIENCE_MS)
        page.route("**/*", self._route)
        page.on("request", self._request)
        page.on("websocket", self._socket)
        page.on("dialog", self._dialog)
        page.on("pageerror", self._error)

    def _route(self, route: Route) -> None:
        if _outside(route.request.url):
            route.abort()
        else:
            route.continue_()

    def _request(self, request: Request) -> None:
        self._note(request.url)

    def _socket(self, opened: WebSocket) -> None:
        self._note(opened.url)

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _error(self, error: Error) -> None:
        self.errors.append(str(error))

    def _note(self, url: str) -> None:
        self.asked.append(url[:200])
        if _outside(url):
            self.outside.append(url[:200])


def _outside(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in {"data", "blob", "about"} and parts.hostname != "127.0.0.1"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def settled(page: Page) -> None:
    """Wait until the page's run has ended, what an earlier one drew is gone, and no other run has begun since."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < until:
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=PATIENCE_MS)
        try:
            if page.evaluate(_STILL):
                return
        except Error:  # the browser went on to another address
            continue
    raise AssertionError("the page does not come to rest")


def press(pressed: Locator, seen: Locator, act: Callable[[Locator], None] = Locator.click) -> None:
    """Press, once the page is at rest, and wait until what follows is seen.

    Where nothing follows it is done again: Streamlit drops a press that comes as the page asks for another run.
    """
    for again in range(3):
        settled(pressed.page)
        if again and seen.first.is_visible():
            return
        act(pressed)
        with suppress(NotShown):
            seen.first.wait_for(timeout=AGAIN_MS)
            return
        if pressed.count() == 0:
            break
    expect(seen.first).to_be_visible()


def go(page: Page, address: str, title: str) -> None:
    """Go to another page of the dashboard as the way back does, in the same session, and wait for its title."""
    settled(page)
    page.evaluate(_GO, address)
    expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()
    settled(page)


def picture(page: Page, turn: int | None = None) -> Locator:
    """The graph, once it is drawn; with a turn, once what followed that many events is."""
    drawn = "[data-drawn]" if turn is None else f"[data-drawn='{turn}']"
    frame = page.locator(f".frame{drawn}")
    frame.wait_for(timeout=PATIENCE_MS)
    return frame


def tick(page: Page, key: str, row: int, seen: Locator, *, height: int = 36) -> None:
    """Tick a row of a table (a canvas under a scroller): its box is at the left, below a header of 35 pixels."""
    table = page.locator(f"{key} .dvn-scroller").first

    def box(found: Locator) -> None:
        found.scroll_into_view_if_needed()
        found.click(position={"x": 18, "y": 36 + height * row + height // 2})

    press(table, seen, box)


def pixels_drawn(frame: Locator) -> int:
    """Number of pixels of the graph that something was drawn on."""
    return int(frame.evaluate(_COUNT_DRAWN))


def addressed(address: str, path: str, query: Mapping[str, str]) -> str:
    """Address of a page with what it asks for."""
    return f"{address}/{path}?{urlencode(query)}"
