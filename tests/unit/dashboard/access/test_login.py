"""Settings of the login: what is refused, and which words of a token stand for which roles."""

from __future__ import annotations

import pytest

from cases.roles import TABLE, Permission, Role, permitted
from dashboard import server
from dashboard.access.login import login, loopback
from graph.errors import ConfigError
from lockstep import config
from tests import oidc

ISSUER = "https://login.example"


def settings(**more: str) -> config.Settings:
    named = oidc.settings(ISSUER, **{"redirect_uri": "https://dash.example/oauth2callback", **more})
    return config.load(environ={name: value for name, value in named.items() if value})


def test_no_setting_is_no_login() -> None:
    assert login(config.load(environ={})) is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("metadata_url", "", "auth.metadata_url is not set"),
        ("client_id", "", "auth.client_id is not set"),
        ("redirect_uri", "", "auth.redirect_uri is not set"),
        ("client_secret", "", "CLIENT_SECRET is not set"),
        ("cookie_secret", "", "COOKIE_SECRET is not set"),
        ("cookie_secret", "short", "COOKIE_SECRET is shorter than 32"),
        ("metadata_url", "http://login.example/x", "auth.metadata_url is"),
        ("metadata_url", "https://user:pass@login.example/x", "auth.metadata_url is"),
        ("metadata_url", "file:///etc/passwd", "auth.metadata_url is"),
        ("metadata_url", "https://[bad/", "auth.metadata_url is"),
        ("redirect_uri", "https://dash.example/", "does not end in /oauth2callback"),
        ("redirect_uri", "https://dash.example/oauth2callback?to=x", "does not end in /oauth2callback"),
        ("roles", "soc=analist", "auth.roles has"),
        ("roles", "analyst", "auth.roles has"),
        ("roles", "soc=analyst; soc=lead", "two roles"),
    ],
)
def test_half_a_login_opens_for_nobody(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        login(settings(**{name: value}))


@pytest.mark.parametrize(
    ("claim", "mapping", "claims", "roles"),
    [
        ("roles", "", {"roles": ["analyst", "lead"]}, {Role.ANALYST, Role.LEAD}),
        ("roles", "", {"roles": "auditor"}, {Role.AUDITOR}),
        ("roles", "", {"roles": "analyst lead"}, set()),
        ("roles", "", {"roles": ["ANALYST", "root", 7, None, ["admin"]]}, set()),
        ("roles", "", {"roles": {"admin": True}}, set()),
        ("roles", "", {}, set()),
        ("realm_access.roles", "", {"realm_access": {"roles": ["legal"]}}, {Role.LEGAL}),
        ("realm_access.roles", "", {"realm_access": ["admin"]}, set()),
        ("https://x.example/r", "", {"https://x.example/r": ["policy"]}, {Role.POLICY}),
        (
            "groups",
            "CN=Soc,OU=x=analyst; leads = lead",
            {"groups": ["CN=Soc,OU=x", "leads"]},
            {Role.ANALYST, Role.LEAD},
        ),
        ("groups", "soc=analyst", {"groups": ["admin"]}, set()),
    ],
)
def test_roles_of_a_token(claim: str, mapping: str, claims: dict[str, object], roles: set[Role]) -> None:
    known = login(settings(claim=claim, roles=mapping))
    assert known is not None
    assert known.roles_in(claims) == roles


def test_every_permission_is_somebodys_and_vendors_work_in_cases_alone() -> None:
    assert set(TABLE) == set(Permission)
    assert all(TABLE.values())
    assert permitted([]) == frozenset()
    assert permitted([Role.VENDOR]) == {Permission.CASES, Permission.WORK}
    assert permitted([Role.AUDITOR, Role.REVIEWER]) == permitted([Role.AUDITOR]) | permitted([Role.REVIEWER])
    assert permitted([Role.AUDITOR]) == {Permission.JOBS, Permission.CASES, Permission.AUDIT}


@pytest.mark.parametrize(
    ("address", "own"),
    [
        *((own, True) for own in ("127.0.0.1", "127.9.9.9", "::1", "localhost")),
        *((other, False) for other in ("0.0.0.0", "", None, "10.0.0.1", "dash.example", "127.0.0.1.evil.example")),  # noqa: S104
    ],
)
def test_which_addresses_only_this_machine_can_reach(address: str | None, own: bool) -> None:
    assert loopback(address) is own


def test_without_a_login_only_this_machine_is_served() -> None:
    with pytest.raises(ConfigError, match="nobody has to log in"):
        server.command(config.load(environ={}), address="0.0.0.0")  # noqa: S104
    command = server.command(settings(), address="0.0.0.0")  # noqa: S104
    assert "--server.address=0.0.0.0" in command
    assert "--server.allowedHosts=dash.example" in command
    assert "--server.trustedUserHeaders={}" in command
    assert not [part for part in command if oidc.COOKIE_SECRET in part or "client secret" in part]


def test_secrets_are_not_shown() -> None:
    known = login(settings())
    assert known is not None
    assert oidc.COOKIE_SECRET not in repr(known)
    assert known.encrypted
    assert known.secrets()["auth"]["server_metadata_url"] == f"{ISSUER}/.well-known/openid-configuration"
