"""The real page in a real browser: hostile posts stay text, pictures are drawn, and no other host is asked."""

from __future__ import annotations

import contextlib
import http.client
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import browser, flagged
from tests.needs import needs
from tests.stores import KEPT, Backend

pytestmark = [needs("chromium"), pytest.mark.xdist_group("browser")]
HOSTILE_FINDING = flagged.shilling(
    version="hostile",
    score=0.5,
    summary="8 accounts posted <img src='http://evil.example/f.png'> ![x](http://evil.example/m.png)",
    tickers=("<b>EVIL</b>",),
    links=("http://evil.example/link",),
    limits=("[click](http://evil.example/l)",),
)


@pytest.fixture(scope="module", params=KEPT, ids=lambda backend: backend.name)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("dashboard")
    (folder / "data").mkdir()
    backend: Backend = request.param
    with backend.open(folder) as store:
        flagged.load(store, flagged.HOSTILE)
        flagged.flag(store, [flagged.shilling(), flagged.sybil(), HOSTILE_FINDING])
    with browser.serving_in(backend.environment(folder)) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as running:
        yield running


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    """A page that fails its test if it asks another host for anything, opens a dialog or raises an error."""
    page = chromium.new_page(viewport={"width": 1440, "height": 1000})
    guard = browser.Guard()
    guard.watch(page)
    yield page
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    page.close()
    assert guard.outside == []
    assert any(url.startswith("ws://127.0.0.1") for url in guard.asked), "the guard sees what the page asks for"
    assert guard.dialogs == []
    assert guard.errors == []


def opened(page: Page, address: str, finding: str = "") -> None:
    page.goto(f"{address}/findings?finding={finding}" if finding else f"{address}/findings")
    expect(page.get_by_role("heading", name="Evidence graph" if finding else "Findings")).to_be_visible(timeout=60_000)
    browser.settled(page)


def no_hostile_element(page: Page) -> None:
    for selector in ("img[src*='evil']", "a[href*='evil']", "a[href^='javascript']", "script[src*='evil']"):
        assert page.locator(selector).count() == 0
    outside = page.locator("a[href^='http']:not([href^='http://127.0.0.1'])")
    assert outside.count() == 0, "nothing on the page leads away"


def test_a_row_of_the_list_opens_the_finding(page: Page, address: str) -> None:
    opened(page, address)
    expect(page.get_by_text("Flagged is not guilty")).to_be_visible()
    browser.tick(page, ".st-key-findings-list", 0, page.get_by_role("heading", name="Evidence graph"), height=108)
    expect(page).to_have_url(
        re.compile(rf"\?finding={flagged.shilling().id}$")
    )  # said a moment after the page is drawn
    browser.press(page.get_by_role("button", name="All findings"), page.get_by_text("3 flagged"))
    expect(page).not_to_have_url(re.compile("finding="))


def test_picture_is_drawn_from_what_is_installed_under_the_policy(page: Page, address: str) -> None:
    opened(page, address, flagged.shilling().id)
    frame = browser.picture(page)
    assert browser.pixels_drawn(frame) > 2_000
    assert frame.get_attribute("data-nodes") == "10"
    headers = page.request.get(address).headers
    assert "'unsafe-eval'" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"


def test_hostile_posts_stay_text(page: Page, address: str) -> None:
    opened(page, address, flagged.shilling().id)
    browser.picture(page)
    key = f".st-key-posts-{flagged.shilling().id}--0"
    for row in range(len(flagged.HOSTILE)):
        browser.tick(page, key, row, page.locator(".st-key-post", has_text=f"x:p0-{row}"), height=72)
        browser.settled(page)
        no_hostile_element(page)
    expect(page.locator(".st-key-post")).to_contain_text("⟨U+202E⟩gnp.exe⟨U+202C⟩ now⟨U+200B ×3⟩ <a href='http://evil")


def test_hostile_finding_stays_text(page: Page, address: str) -> None:
    opened(page, address, HOSTILE_FINDING.id)
    expect(page.get_by_text("![x](http://evil.example/m.png)")).to_be_visible()
    expect(page.get_by_text("[click](http://evil.example/l)")).to_be_visible()
    browser.picture(page)
    no_hostile_element(page)


def test_evidence_without_posts(page: Page, address: str) -> None:
    opened(page, address, flagged.sybil().id)
    assert browser.picture(page).get_attribute("data-nodes") == "4"
    expect(page.get_by_text("This evidence is not made of posts")).to_be_visible()


@pytest.mark.parametrize(
    ("host", "origin", "status"), [("", "", 101), ("evil.example", "", 403), ("", "http://evil.example", 403)]
)
def test_only_this_machine_may_open_a_session(address: str, host: str, origin: str, status: int) -> None:
    own = address.removeprefix("http://")
    connection = http.client.HTTPConnection(own, timeout=30)
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers |= {"Host": host or own, "Origin": origin or address, "Sec-WebSocket-Key": "bG9ja3N0ZXAtbG9ja3N0ZQ=="}
    connection.request("GET", "/_stcore/stream", headers=headers)
    with contextlib.closing(connection), connection.getresponse() as response:
        assert response.status == status
