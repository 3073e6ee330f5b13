"""Logging in, in a real browser and with a real provider, both of which may speak to this machine alone."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from dashboard.asgi import HEADERS
from graph.store import open_store
from tests import browser, flagged, oidc
from tests.needs import needs

pytestmark = [needs("chromium"), pytest.mark.xdist_group("browser")]
USERS: dict[str, dict[str, object]] = {
    "anna": {"name": "Anna <b>A</b>", "groups": ["soc"]},
    "vic": {"groups": ["agency"]},
}
FINDING = flagged.shilling().id
COOKIE = "_streamlit_user"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc.provider(USERS) as address:
        yield address


@pytest.fixture(scope="module")
def address(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("login")
    url = f"sqlite:///{folder / 'graph.db'}"
    with open_store(url, folder) as store:
        flagged.load(store)
        flagged.flag(store)
    settings = oidc.settings(issuer, claim="groups", roles="soc=analyst; agency=vendor")
    with browser.serving(url, folder, settings) as served:
        yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as running:
        yield running


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 1100, "height": 900})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, issuer: str) -> Iterator[Page]:
    """A page that fails its test if the dashboard asks another host than itself and the provider."""
    page = context.new_page()
    guard = browser.Guard()
    guard.watch(page)
    page.route(f"{issuer}/**", lambda route: route.continue_())
    yield page
    assert [u for u in guard.outside if not u.endswith("/pico.min.css")] == [], "that one is of the provider's own page"
    assert guard.errors == guard.dialogs == []


def log_in(page: Page, user: str) -> None:
    oidc.log_in(page, user)
    expect(page.locator(".st-key-standing")).to_be_visible()
    browser.settled(page)


def claims(issuer: str, **changed: Any) -> dict[str, Any]:
    said = {"iss": issuer, "sub": "anna", "aud": [oidc.CLIENT], "exp": time.time() + 600, "groups": ["soc"]}
    return {**said, "is_logged_in": True, "provider": "default", **changed}


def hold(context: BrowserContext, address: str, secret: str, told: dict[str, Any]) -> None:
    """Give the browser a cookie that says this, signed with the secret."""
    value = create_signed_value(secret, COOKIE, json.dumps({**told, "origin": address})).decode()
    context.add_cookies([{"name": COOKIE, "value": value, "url": address}])


def test_a_link_to_a_finding_leads_through_the_login_to_the_finding(page: Page, address: str) -> None:
    link = f"{address}/findings?finding={FINDING}"
    page.goto(link)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert page.get_by_text("XYZ").count() == 0
    log_in(page, "anna")
    expect(page).to_have_url(link)
    expect(page.get_by_role("heading", name="Evidence graph")).to_be_visible()
    expect(page.locator(".st-key-standing")).to_contain_text("Anna <b>A</b> · analyst")
    cookies = {c["name"]: c for c in page.context.cookies()}
    for name in (COOKIE, "lockstep_asked"):
        assert (cookies[name]["httpOnly"], cookies[name]["sameSite"], cookies[name]["path"]) == (True, "Lax", "/")
    oidc.log_out(page)
    assert not [c for c in page.context.cookies() if c["name"].startswith(COOKIE)]
    page.context.add_cookies(
        [{"name": COOKIE, "value": cookies[COOKIE]["value"], "url": address}]
    )  # a copy that somebody kept
    page.goto(link)
    expect(page.get_by_text("Your login has ended.")).to_be_visible()


def test_another_role_is_refused_what_the_link_names(page: Page, address: str) -> None:
    for finding in (FINDING, "of-no-store"):
        page.goto(f"{address}/findings?finding={finding}")
        if finding == FINDING:
            log_in(page, "vic")
        expect(page.get_by_role("heading", name="You may not open this")).to_be_visible()
        browser.settled(page)
        assert finding not in page.locator("[data-testid=stMain]").inner_text()
        assert page.get_by_text("XYZ").count() == 0


def test_a_login_that_has_ended_asks_for_another_and_goes_on(
    page: Page, context: BrowserContext, address: str, issuer: str
) -> None:
    hold(context, address, oidc.COOKIE_SECRET, claims(issuer, exp=time.time() - 1))
    page.goto(f"{address}/investigate?finding={FINDING}")
    expect(page.get_by_text("Your login has ended.")).to_be_visible()
    log_in(page, "anna")
    expect(page).to_have_url(f"{address}/investigate?finding={FINDING}")
    browser.picture(page)


@pytest.mark.parametrize("signed", [True, False])
def test_only_a_cookie_that_this_server_signed_is_a_login(
    page: Page, context: BrowserContext, address: str, issuer: str, *, signed: bool
) -> None:
    hold(context, address, oidc.COOKIE_SECRET if signed else "x" * 40, claims(issuer))
    page.goto(f"{address}/findings?finding={FINDING}")
    shown = page.get_by_role("heading", name="Evidence graph") if signed else page.get_by_text("Log in to go on.")
    expect(shown).to_be_visible()


@pytest.mark.parametrize(
    "path",
    ["/", "/findings", "/none", "/static/none.js", "/_stcore/health", "/auth/login", "/auth/logout", "/oauth2callback",
     "/oauth2callback?state=x&code=y", "/_stcore/metrics", "/_stcore/agent/x", "/media/none", "/%2e%2e/x",
     "/_stcore/stream"],
)  # fmt: skip
def test_every_answer_has_the_headers(address: str, path: str) -> None:
    status, headers = asked(address, path, {})
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    if path.startswith(("/_stcore/metrics", "/_stcore/agent")):
        assert status == http.client.NOT_FOUND
    if status == http.client.FOUND:
        assert headers["location"] == "/"


def test_the_websocket_has_the_headers(address: str) -> None:
    own = urlsplit(address).netloc
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Origin": address}
    status, headers = asked(
        address, "/_stcore/stream", {**upgrade, "Host": own, "Sec-WebSocket-Key": "bG9ja3N0ZXAtbG9ja3N0ZQ=="}
    )
    assert status == http.client.SWITCHING_PROTOCOLS
    assert {name: headers.get(name) for name in HEADERS} == HEADERS


def test_nobody_is_led_elsewhere(address: str) -> None:
    for value in ("//evil.example", "https://evil.example", "/findings"):
        headers = {"Cookie": f"lockstep_asked={value}"}
        status, answer = asked(address, f"/oauth2callback?state=x&code=y&to={value}&next={value}", headers)
        assert (status, answer["location"]) == (302, "/")


def asked(address: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("GET", path, headers=headers)
    with connection.getresponse() as response:
        answer = response.status, {name.lower(): value for name, value in response.getheaders()}
    connection.close()
    return answer
