"""A login provider on this machine, in a process of its own, and a dashboard's settings for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from playwright.sync_api import Page

from tests import browser
from tests.processes import HOST, free_ports

CLIENT = "lockstep-dashboard"
COOKIE_SECRET = "a cookie secret of tests, long enough"  # noqa: S105


def settings(issuer: str, **more: str) -> dict[str, str]:
    """Variables that make a dashboard use the provider; ``more`` by the setting's name within ``[auth]``."""
    named = {
        "metadata_url": f"{issuer}/.well-known/openid-configuration",
        "client_id": CLIENT,
        "redirect_uri": f"http://{HOST}:{{port}}/oauth2callback",
        "client_secret": "a client secret of tests",
        "cookie_secret": COOKIE_SECRET,
        **more,
    }
    return {f"LOCKSTEP_AUTH_{name.upper()}": value for name, value in named.items()}


@contextmanager
def provider(users: Mapping[str, Mapping[str, object]], *, seconds: int = 3600) -> Iterator[str]:
    """Serve users by their subject, with tokens that are good for some seconds; gives the issuer's address."""
    port = free_ports()[0]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--token-max-age", str(seconds)]
    for subject, claims in users.items():
        command += ["--user-claims", json.dumps({"sub": subject, **claims})]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            if f":{port}" in line:
                break
        else:
            raise RuntimeError(f"the provider did not start:\n{''.join(said)}")
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        process.communicate()


def log_in(page: Page, user: str) -> None:
    """Press the dashboard's button and, on the provider's page, the user's."""
    there = page.get_by_role("button", name=user)
    browser.press(page.get_by_role("button", name="Log in"), there)
    there.click()


def log_out(page: Page) -> None:
    """Press the dashboard's button, and be at the provider's end of the session."""
    gone = page.locator("body:not(:has([data-testid=stApp]))")
    browser.press(page.get_by_role("button", name="Log out"), gone)
    page.wait_for_url("**/oauth2/end_session**")
