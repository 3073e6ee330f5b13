"""Every screen's address as the first request of a session: by nobody, by each role, with a login that has ended."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from cases.roles import TABLE, Permission, Role
from dashboard import asgi, navigation
from dashboard.access.login import configured
from tests import oidc

ISSUER = "https://login.example"
SCREENS = navigation.discover()
SHOWN = "what only this screen shows"


@pytest.fixture
def _login(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A configured login; screens that show a line of their own instead of data."""
    for name, value in oidc.settings(ISSUER, redirect_uri="https://dash.example/oauth2callback").items():
        monkeypatch.setenv(name, value)
    shown = [dataclasses.replace(s, render=partial(_show, s.path)) for s in SCREENS]
    monkeypatch.setattr(navigation, "discover", lambda: shown)
    configured.cache_clear()
    yield
    configured.cache_clear()


def _show(path: str) -> None:
    st.text(f"{SHOWN}: {path}")


def claims(*roles: str, **changed: Any) -> dict[str, Any]:
    said = {"is_logged_in": True, "iss": ISSUER, "sub": "7", "aud": oidc.CLIENT, "exp": time.time() + 600}
    return {**said, "name": "<b>Anna</b>", "roles": list(roles), **changed}


def opened(path: str, user: dict[str, Any] | None = None) -> AppTest:
    """The page of this path, as the first thing that a session asks for."""
    app = AppTest.from_file(str(asgi.SCRIPT), default_timeout=60)
    app.user = user or {"is_logged_in": False}
    app._page_hash = calc_hash(path)
    app.query_params["finding"] = "f1"
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> list[str]:
    return [str(getattr(e, "value", "")) for kind in ("text", "title", "info", "error") for e in app.get(kind)]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda s: s.path)
def test_a_screen_says_which_permission_it_needs(screen: navigation.Screen) -> None:
    assert isinstance(screen.needs, Permission), "a screen that declares none opens for no one who logs in"


@pytest.mark.usefixtures("_login")
@pytest.mark.parametrize("path", ["", *(s.path for s in SCREENS)])
@pytest.mark.parametrize(
    ("user", "said"),
    [
        (None, "Log in to go on."),
        (claims("admin", exp=1.0), "Your login has ended. Log in again to go on where you were."),
        (claims("admin", exp=None), "Your login has ended. Log in again to go on where you were."),
        (claims("admin", aud="another"), "Log in to go on."),
        (claims("admin", is_logged_in=False), "Log in to go on."),
    ],
    ids=["nobody", "expired", "endless", "of another program", "logged out"],
)
def test_without_a_login_no_address_shows_anything(path: str, user: dict[str, Any] | None, said: str) -> None:
    app = opened(path, user)
    assert texts(app) == [*(said,)[: said.startswith("Log in to")], "Lockstep", *(said,)[: said.startswith("Your")]]
    assert [b.label for b in app.button] == ["Log in"]


@pytest.mark.usefixtures("_login")
@pytest.mark.parametrize("screen", SCREENS, ids=lambda s: s.path)
@pytest.mark.parametrize("role", [*Role, "unknown"])
def test_each_role_sees_its_own_screens_and_is_refused_the_others(role: str, screen: navigation.Screen) -> None:
    said = texts(opened(screen.path, claims(role)))
    allowed = screen.needs is not None and role in TABLE[screen.needs]
    assert (f"{SHOWN}: {screen.path}" in said) is allowed
    assert ("You may not open this" in said) is not allowed
    assert f"<b>Anna</b> · {role if role in list(Role) else 'no role'}" in said


@pytest.mark.usefixtures("_login")
def test_nothing_is_read_for_somebody_who_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store's own door: a fragment's run, or a callback's, does not pass the screen's."""
    monkeypatch.setattr(st, "rerun", lambda: None)  # as in a callback
    people = AppTest.from_function(_reading, default_timeout=60)
    for user in ({"is_logged_in": False}, claims("vendor"), claims("analyst", exp=1.0)):
        people.user = user
        people.run()
        assert [e.message for e in people.exception] == ["not permitted"]


def _reading() -> None:
    """A page that reads the store without any screen around it."""
    import streamlit as st

    from dashboard import state

    with state.opened():
        st.text("read")


@pytest.mark.usefixtures("_login")
def test_several_roles_are_held_together() -> None:
    user = claims("vendor", "auditor", "reviewer", "nonsense")
    assert f"{SHOWN}: findings" in texts(opened("findings", user))


@pytest.mark.usefixtures("_login")
def test_a_login_that_ends_while_the_page_is_open_closes_it() -> None:
    app = opened("findings", claims("analyst"))
    assert f"{SHOWN}: findings" in texts(app)
    app.user = claims("analyst", exp=time.time() - 1)
    assert "Lockstep" in texts(app.run())
    assert f"{SHOWN}: findings" not in texts(app)


def test_without_a_login_a_server_that_others_can_reach_opens_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    configured.cache_clear()
    monkeypatch.setattr("dashboard.access.people.loopback", lambda _address: False)
    app = opened("findings")
    assert any("this server can be reached from other machines" in t for t in texts(app))
    assert not app.dataframe


def test_half_a_login_is_said_and_opens_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    configured.cache_clear()
    monkeypatch.setenv("LOCKSTEP_AUTH_CLIENT_ID", "me")
    assert any("auth.metadata_url is not set" in t for t in texts(opened("findings")))
