"""The real dashboard in a real browser that may speak to this machine alone."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
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

from dashboard import server
from lockstep import config
from tests.needs import program

expect.set_options(timeout=60_000)  # a busy machine is no failure

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
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let drawn = 0;
  for (let i = 3; i < pixels.length; i += 4) drawn += pixels[i] > 0;
  done(drawn);
})))"""


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
        """Stand before everything the page asks for."""
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
    """Wait until the page's run has ended and its tables are drawn."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)


def picture(page: Page, turn: int | None = None) -> Locator:
    """The graph, once it is drawn; with a turn, once what followed that many events is."""
    drawn = "[data-drawn]" if turn is None else f"[data-drawn='{turn}']"
    frame = page.locator(f".frame{drawn}")
    frame.wait_for(timeout=60_000)
    return frame


def pixels_drawn(frame: Locator) -> int:
    """Number of pixels of the graph that something was drawn on."""
    return int(frame.evaluate(_COUNT_DRAWN))


def addressed(address: str, path: str, query: Mapping[str, str]) -> str:
    """Address of a page with what it asks for."""
    return f"{address}/{path}?{urlencode(query)}"
